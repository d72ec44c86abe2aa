import { createHash, randomUUID } from "node:crypto";
import type { ResourceGoal } from "../protocol/resourceGoal";
import {
    AlreadyExists,
    Interrupted,
    type Operation,
    type Outcome,
    type Provider,
    type ResourceDiff,
    type ResourceRequest,
} from "../providers/provider";
import type { Providers } from "../providers/providers";
import type { PendingOperation, ResourceState, StateChange } from "../state/resourceState";
import type { StateWriter } from "../state/stackStore";
import { sameState, secretOutputs } from "../state/stateValues";
import { collectSecrets } from "../values/masking";
import { keepOldAt, parsePropertyPath, pathContains } from "../values/propertyPath";
import { containsUnknown, normalize, type PropertyMap } from "../values/propertyValue";
import { formerUrns } from "./aliases";
import { deleteResources } from "./deletions";
import { providerUrn, withRenamedUrns } from "./dependencyGraph";
import { replacedBefore } from "./dependentReplacements";
import { Limit } from "./limit";
import type { Observer, Step, StepKind } from "./step";
import { describeUrn, packageOf, resourceUrn, stackType, urnName } from "./urn";

/** What a deployment works with. */
export interface DeploymentOptions {
    readonly project: string;
    readonly stack: string;
    /** Only says what it would do. */
    readonly dryRun: boolean;
    readonly store: StateWriter;
    readonly providers: Providers;
    readonly observer: Observer;
    readonly parallel: number;
    /** Fires when the user wants to stop. */
    readonly signal: AbortSignal;
    /** Goes into generated names: another one for each run, the same for a plan and its update. */
    readonly nameSeed: string;
    /** Told of the secret strings in everything that comes by, before anything is said of it. */
    readonly learnSecrets: (found: ReadonlySet<string>) => void;
}

/** What a program gets back for a registration. */
export interface Registered {
    readonly urn: string;
    readonly id: string;
    readonly outputs: PropertyMap;
}

/** After a fault, how long what is made may still take to become ready; a next update goes on waiting for it. */
const graceMs = 60_000;

/** The options of a parent that its children take over unless they have their own. */
interface Inherited {
    readonly protect: boolean | undefined;
    readonly retainOnDelete: boolean | undefined;
    readonly deletedWith: string;
    readonly providers: { readonly [packageName: string]: string };
}

/**
 * Takes what a program registers, one resource after the other, and makes it so. The order of creates and updates is the
 * program's own: the SDK registers a resource when all that it depends on has been answered. What is not registered any
 * more is deleted at the end.
 */
export class Deployment {
    private readonly olds = new Map<string, ResourceState>();
    private readonly current = new Map<string, ResourceState>();
    private readonly inherited = new Map<string, Inherited>();
    private readonly registered = new Set<string>();
    private readonly claimed = new Set<string>();
    private readonly deletedEarly = new Set<string>();
    private readonly replaced = new Set<string>();
    private readonly renamed = new Map<string, string>();
    private readonly limit: Limit;
    private readonly inFlight = new Set<Promise<unknown>>();
    private stopping = false;
    private toldOfAnotherPlace = false;
    private readonly waiting = new AbortController();
    private rootUrn = "";
    /** Faults so far. */
    public failures = 0;

    constructor(private readonly options: DeploymentOptions) {
        this.limit = new Limit(options.parallel);
        options.signal.addEventListener("abort", () => this.waiting.abort());
        for (const resource of options.store.state.resources) {
            if (!resource.pendingDelete) {
                this.olds.set(resource.urn, resource);
            }
        }
    }

    /** True once a fault or the user stopped the run: nothing new is begun. */
    public get stopped(): boolean {
        return this.stopping || this.options.signal.aborted;
    }

    /** The URN of the stack's own resource. */
    public get root(): string {
        return this.rootUrn;
    }

    /** Makes one resource what the program wants it to be. */
    public async register(goal: ResourceGoal): Promise<Registered> {
        if (this.stopped) {
            throw new Interrupted();
        }
        const urn = resourceUrn(this.options.stack, this.options.project, goal.parent, goal.type, goal.name);
        this.learn(goal.inputs);
        const work = goal.custom ? this.registerCustom(urn, goal) : this.registerComponent(urn, goal);
        // A preview goes on after a fault, so that it shows all of them.
        const carryOn = this.options.dryRun ? { urn, id: "", outputs: goal.inputs } : undefined;
        return this.watch(urn, work, carryOn);
    }

    /** Reads a resource that is not the stack's own. */
    public async read(goal: ResourceGoal, id: string): Promise<Registered> {
        if (this.stopped) {
            throw new Interrupted();
        }
        const urn = resourceUrn(this.options.stack, this.options.project, goal.parent, goal.type, goal.name);
        return this.watch(urn, this.readResource(urn, goal, id));
    }

    /** Takes the outputs of a component, or those of the stack. */
    public setOutputs(urn: string, outputs: PropertyMap): void {
        const resource = this.current.get(urn);
        if (resource === undefined) {
            throw new Error(`outputs for ${urn}, which was not registered`);
        }
        this.put({ ...resource, outputs: normalize(outputs) as PropertyMap }, resource);
    }

    /** Says that the run is over for everything that has not begun. */
    public stop(): void {
        this.stopping = true;
        setTimeout(() => this.waiting.abort(), graceMs).unref();
    }

    /** Waits until everything that was begun is recorded. */
    public async settle(): Promise<void> {
        while (this.inFlight.size > 0) {
            await Promise.allSettled(this.inFlight);
        }
    }

    /** Deletes what an earlier run replaced and did not come to delete. It goes first: something new may have its name. */
    public async retire(): Promise<void> {
        const { resources } = this.options.store.state;
        const left = resources.filter(({ pendingDelete }) => pendingDelete);
        this.failures += await deleteResources(left, resources, this.options);
        if (this.failures > 0) {
            this.stop();
        }
    }

    /** Deletes what the program did not register; only after a program that ran to its end. */
    public async deleteTheRest(): Promise<void> {
        const { store } = this.options;
        if (this.renamed.size > 0) {
            const renamed = store.state.resources.map((resource) => withRenamedUrns(resource, this.renamed));
            const changed = renamed.filter((resource, index) => !sameState(resource, store.state.resources[index]));
            this.record({ put: changed });
        }
        const doomed = store.state.resources.filter(
            (resource) =>
                !this.deletedEarly.has(resource.key) && (resource.pendingDelete || !this.claimed.has(resource.key)),
        );
        this.failures += await deleteResources(doomed, store.state.resources, this.options);
    }

    private async watch<T>(urn: string, work: Promise<T>, instead?: T): Promise<T> {
        this.inFlight.add(work);
        try {
            return await work;
        } catch (error) {
            if (!(error instanceof Interrupted)) {
                this.failures++;
                this.options.observer.error(urn, (error as Error).message);
            }
            if (instead !== undefined && !this.stopped) {
                return instead;
            }
            this.stop();
            throw new Interrupted();
        } finally {
            this.inFlight.delete(work);
        }
    }

    private async registerComponent(urn: string, goal: ResourceGoal): Promise<Registered> {
        const inherited = this.begin(urn, goal);
        const old = this.claimOld(urn, goal);
        const resource = this.newState(urn, goal, inherited, goal.inputs, old);
        this.put({ ...resource, outputs: old?.outputs ?? {} }, old);
        if (goal.type === stackType) {
            this.rootUrn = urn;
        }
        this.tell(old ? "same" : "create", resource);
        return { urn, id: "", outputs: goal.inputs };
    }

    private async registerCustom(urn: string, goal: ResourceGoal): Promise<Registered> {
        const inherited = this.begin(urn, goal);
        const provider = await this.providerFor(urn, goal, inherited);
        const found = this.claimOld(urn, goal);
        const old = found && (await this.stillThere(found, provider)) ? found : undefined;
        const request = { urn, type: goal.type, name: goal.name };
        const ignored = goal.ignoreChanges.map(parsePropertyPath);
        const wanted = old ? keepOldAt(goal.inputs, old.inputs, ignored) : goal.inputs;
        const inputs = await provider.check({ ...request, inputs: wanted }, old, () => this.uniqueName(urn));
        const state = this.newState(urn, goal, inherited, inputs, old);
        return this.limit.run(async () => {
            if (this.stopped) {
                throw new Interrupted();
            }
            const made =
                old === undefined
                    ? await this.createOrImport(state, goal, provider)
                    : await this.reconcile(old, state, goal, provider);
            return { urn, id: made.id, outputs: secretOutputs(made.outputs, goal.additionalSecretOutputs) };
        });
    }

    private async createOrImport(state: ResourceState, goal: ResourceGoal, provider: Provider): Promise<ResourceState> {
        if (this.options.dryRun && containsUnknown(goal.importId)) {
            return this.create(state, goal, provider, []);
        }
        return goal.importId === ""
            ? this.create(state, goal, provider, [])
            : this.importResource(state, goal, provider);
    }

    private async reconcile(
        old: ResourceState,
        state: ResourceState,
        goal: ResourceGoal,
        provider: Provider,
    ): Promise<ResourceState> {
        if (this.deletedEarly.has(old.key)) {
            return this.create(await this.renewed(state, goal, provider), goal, provider, [
                "what it depends on is replaced",
            ]);
        }
        const diff = await provider.diff(old, state.inputs);
        const reasons = this.replaceReasons(diff, old, goal);
        if (reasons.length > 0) {
            return this.replace(old, await this.renewed(state, goal, provider), goal, provider, diff, reasons);
        }
        if (diff.changes.length === 0 && old.initErrors.length === 0) {
            const same = { ...state, id: old.id, outputs: old.outputs, initErrors: [] };
            this.put(same, old);
            this.tell("same", same);
            return same;
        }
        return this.update(old, state, goal, provider, diff);
    }

    private replaceReasons(diff: ResourceDiff, old: ResourceState, goal: ResourceGoal): string[] {
        const forced = goal.replaceOnChanges.map(parsePropertyPath);
        const changed = diff.changes
            .filter((change) =>
                forced.some((path) => pathContains(path, change.path) || pathContains(change.path, path)),
            )
            .map((change) => `${change.path.join(".")} (replaceOnChanges)`);
        const trigger =
            old.replacementTrigger !== undefined &&
            goal.replacementTrigger !== undefined &&
            old.replacementTrigger !== goal.replacementTrigger
                ? ["its replacementTrigger"]
                : [];
        const together = goal.replaceWith
            .filter((urn) => this.replaced.has(urn))
            .map((urn) => `it is replaced with ${describeUrn(urn)}`);
        return [...new Set([...diff.replaceReasons, ...changed, ...trigger, ...together])];
    }

    /** The state of a replacement: its own key, and a generated name is generated again. */
    private async renewed(state: ResourceState, goal: ResourceGoal, provider: Provider): Promise<ResourceState> {
        const request = { urn: state.urn, type: goal.type, name: goal.name, inputs: goal.inputs };
        const inputs = await provider.check(request, undefined, () => this.uniqueName(state.urn));
        return { ...state, key: newKey(), inputs, created: now() };
    }

    private async replace(
        old: ResourceState,
        state: ResourceState,
        goal: ResourceGoal,
        provider: Provider,
        diff: ResourceDiff,
        reasons: string[],
    ): Promise<ResourceState> {
        if (old.protect && state.protect) {
            throw new Error(
                `it is protected, and would have to be replaced (${reasons.join(", ")}). ` +
                    "Take the protect option off it in the program to allow that.",
            );
        }
        this.replaced.add(state.urn);
        if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
            return this.createBeside(old, state, goal, provider, diff, reasons);
        }
        const spared = (other: ResourceState): boolean =>
            this.registered.has(other.urn) || this.deletedEarly.has(other.key);
        for (const dependent of await replacedBefore(old, this.options, spared)) {
            await this.deleteEarly(dependent);
        }
        await this.deleteEarly(old);
        return this.create(state, goal, provider, reasons, undefined, diff);
    }

    private async createBeside(
        old: ResourceState,
        state: ResourceState,
        goal: ResourceGoal,
        provider: Provider,
        diff: ResourceDiff,
        reasons: string[],
    ): Promise<ResourceState> {
        try {
            return await this.create(state, goal, provider, reasons, old, diff);
        } catch (error) {
            if (error instanceof AlreadyExists) {
                throw new Error(
                    `it is replaced (${reasons.join(", ")}), and the new one has the name of the old one. ` +
                        "Set the option deleteBeforeReplace on it, or leave its name to be made up.",
                );
            }
            throw error;
        }
    }

    private async deleteEarly(old: ResourceState): Promise<void> {
        this.deletedEarly.add(old.key);
        if (this.options.dryRun) {
            return;
        }
        this.failures += await deleteResources(
            [{ ...old, pendingDelete: true }],
            this.options.store.state.resources,
            this.options,
        );
        if (this.failures > 0) {
            throw new Interrupted();
        }
    }

    private async create(
        state: ResourceState,
        goal: ResourceGoal,
        provider: Provider,
        reasons: string[],
        replacing?: ResourceState,
        diff?: ResourceDiff,
    ): Promise<ResourceState> {
        const kind = reasons.length > 0 ? "replace" : "create";
        const changes = diff?.changes ?? [];
        if (this.options.dryRun) {
            const outputs = await provider.previewCreate(requestOf(state));
            const planned = { ...state, outputs, id: "" };
            this.put(planned, undefined, replacing);
            this.tell(kind, planned, changes, reasons);
            return planned;
        }
        const started = Date.now();
        const operation: PendingOperation = { key: newKey(), kind: "create", resource: state };
        this.record({ begin: operation });
        const remember = (id: string, outputs: PropertyMap, initErrors: readonly string[]): ResourceState => {
            const made: ResourceState = {
                ...state,
                id,
                outputs: secretOutputs(outputs, goal.additionalSecretOutputs),
                initErrors,
            };
            const old = replacing && { ...replacing, pendingDelete: true };
            this.record({ put: old ? [old, made] : [made], end: operation.key });
            this.claimed.add(made.key);
            this.current.set(made.urn, made);
            return made;
        };
        const outcome = await this.attempt(operation, (signal) =>
            provider.create(this.operation(state, state.customTimeouts.create, signal, remember)),
        );
        const made = remember(outcome.id, outcome.outputs, outcome.initErrors);
        this.conclude(kind, made, outcome, changes, reasons, started);
        return made;
    }

    private async update(
        old: ResourceState,
        state: ResourceState,
        goal: ResourceGoal,
        provider: Provider,
        diff: ResourceDiff,
    ): Promise<ResourceState> {
        const reasons = diff.changes.length === 0 ? ["it was not ready"] : [];
        if (this.options.dryRun) {
            const outputs = await provider.previewUpdate(requestOf(state), old);
            const planned = { ...state, outputs, id: old.id };
            this.put(planned, old);
            this.tell("update", planned, diff.changes, reasons);
            return planned;
        }
        const started = Date.now();
        const operation: PendingOperation = { key: newKey(), kind: "update", resource: old };
        this.record({ begin: operation });
        const remember = (id: string, outputs: PropertyMap, initErrors: readonly string[]): ResourceState => {
            const shown = secretOutputs(outputs, goal.additionalSecretOutputs);
            const made: ResourceState = { ...state, id, outputs: shown, initErrors, modified: now() };
            this.record({ put: [made], end: operation.key });
            this.current.set(made.urn, made);
            return made;
        };
        const outcome = await this.attempt(operation, (signal) =>
            provider.update(this.operation(state, state.customTimeouts.update, signal, remember), old),
        );
        const made = remember(outcome.id, outcome.outputs, outcome.initErrors);
        this.conclude("update", made, outcome, diff.changes, reasons, started);
        return made;
    }

    /** Runs a provider's operation; one that was refused is taken off the list of those begun. */
    private async attempt(
        operation: PendingOperation,
        run: (signal: AbortSignal) => Promise<Outcome>,
    ): Promise<Outcome> {
        try {
            return await run(this.waiting.signal);
        } catch (error) {
            this.record({ end: operation.key });
            throw error;
        }
    }

    private conclude(
        kind: StepKind,
        made: ResourceState,
        outcome: Outcome,
        changes: Step["changes"],
        reasons: string[],
        started: number,
    ): void {
        if (outcome.initErrors.length > 0) {
            if (this.waiting.signal.aborted) {
                throw new Interrupted();
            }
            throw new Error(outcome.initErrors.join("\n"));
        }
        this.tell(kind, made, changes, reasons, (Date.now() - started) / 1000);
    }

    private operation(
        state: ResourceState,
        timeoutSeconds: number | undefined,
        signal: AbortSignal,
        remember: (id: string, outputs: PropertyMap, initErrors: readonly string[]) => ResourceState,
    ): Operation {
        return {
            ...requestOf(state),
            timeoutSeconds,
            signal,
            report: (line) => this.options.observer.progress(state.urn, line),
            made: (id, outputs) => void remember(id, outputs, ["it was made, but the run ended before it was ready"]),
        };
    }

    private async importResource(state: ResourceState, goal: ResourceGoal, provider: Provider): Promise<ResourceState> {
        const found = await provider.read(goal.type, goal.importId, undefined);
        if (found === undefined) {
            throw new Error(`it can't be imported: there is no ${goal.type} ${goal.importId}`);
        }
        const live: ResourceState = { ...state, id: found.id, inputs: found.inputs, outputs: found.outputs };
        const diff = await provider.diff(live, state.inputs);
        // What the program leaves out may be whatever it is.
        const differing = diff.changes.filter((change) => change.after !== undefined);
        if (differing.length > 0) {
            const paths = differing.map((change) => change.path.join("."));
            throw new Error(
                `it can't be imported: the program's inputs differ from what is there: ${paths.join(", ")}`,
            );
        }
        const imported = { ...live, inputs: state.inputs };
        this.put(imported, undefined);
        this.tell("import", imported);
        return imported;
    }

    private async readResource(urn: string, goal: ResourceGoal, id: string): Promise<Registered> {
        const inherited = this.begin(urn, goal);
        const provider = await this.providerFor(urn, goal, inherited);
        const old = this.claimOld(urn, goal);
        if (containsUnknown(id)) {
            return { urn, id, outputs: {} };
        }
        const found = await provider.read(goal.type, id, undefined);
        if (found === undefined) {
            throw new Error(`there is no ${goal.type} ${id} to read`);
        }
        const outputs = secretOutputs(found.outputs, goal.additionalSecretOutputs);
        const state = {
            ...this.newState(urn, goal, inherited, goal.inputs, old),
            id: found.id,
            outputs,
            external: true,
        };
        this.put(state, old);
        this.tell("read", state);
        return { urn, id: found.id, outputs };
    }

    /** Checks a registration's identity and works out what it takes over from its parent. */
    private begin(urn: string, goal: ResourceGoal): Inherited {
        if (this.registered.has(urn)) {
            throw new Error("two resources have this type and name; give one of them another name");
        }
        this.registered.add(urn);
        const parent = this.inherited.get(goal.parent);
        const inherited: Inherited = {
            protect: goal.protect ?? parent?.protect,
            retainOnDelete: goal.retainOnDelete ?? parent?.retainOnDelete,
            deletedWith: goal.deletedWith || parent?.deletedWith || "",
            providers: { ...parent?.providers, ...goal.providers },
        };
        this.inherited.set(urn, inherited);
        return inherited;
    }

    private async providerFor(urn: string, goal: ResourceGoal, inherited: Inherited): Promise<Provider> {
        const reference = providerReference(goal, inherited);
        return this.options.providers.find(urn, goal.type, reference, this.current.get(providerUrn(reference)));
    }

    /** The resource of the last run that this one is, under its name or a former one. */
    private claimOld(urn: string, goal: ResourceGoal): ResourceState | undefined {
        const former = formerUrns(goal.aliases, {
            stack: this.options.stack,
            project: this.options.project,
            name: goal.name,
            type: goal.type,
            parentUrn: goal.parent,
            formerUrn: (known) => [...this.renamed].find(([, renamedTo]) => renamedTo === known)?.[0],
        });
        for (const candidate of [urn, ...former]) {
            const old = this.olds.get(candidate);
            if (old === undefined || this.claimed.has(old.key)) {
                continue;
            }
            this.claimed.add(old.key);
            if (candidate !== urn) {
                this.renamed.set(candidate, urn);
            }
            return old;
        }
        return undefined;
    }

    /** False for a resource of another place than the one at hand: it is gone with that, and dropped from the state. */
    private async stillThere(old: ResourceState, provider: Provider): Promise<boolean> {
        const place = await provider.place();
        if (old.place === "" || place.identity === "" || old.place === place.identity) {
            return true;
        }
        if (!this.toldOfAnotherPlace) {
            this.toldOfAnotherPlace = true;
            this.options.observer.note(
                "  This is another cluster than that of the last run: what was on that one is taken as gone and made anew.",
            );
        }
        this.record({ remove: [old.key] });
        return false;
    }

    private newState(
        urn: string,
        goal: ResourceGoal,
        inherited: Inherited,
        inputs: PropertyMap,
        old: ResourceState | undefined,
    ): ResourceState {
        const reference = goal.custom ? providerReference(goal, inherited) : "";
        return {
            key: old?.key ?? newKey(),
            urn,
            type: goal.type,
            custom: goal.custom,
            id: "",
            inputs,
            outputs: {},
            parent: goal.parent,
            provider: reference,
            dependencies: [...goal.dependencies].sort(),
            propertyDependencies: goal.propertyDependencies,
            protect: inherited.protect ?? false,
            retainOnDelete: inherited.retainOnDelete ?? false,
            deletedWith: inherited.deletedWith,
            customTimeouts: goal.customTimeouts,
            replacementTrigger: goal.replacementTrigger,
            external: false,
            pendingDelete: false,
            initErrors: [],
            place: goal.custom ? this.options.providers.placeOf(goal.type, reference) : "",
            created: old?.created ?? now(),
            modified: old?.modified ?? now(),
        };
    }

    /** Remembers a resource, when anything about it is new. */
    private put(resource: ResourceState, old: ResourceState | undefined, replacing?: ResourceState): void {
        this.claimed.add(resource.key);
        this.current.set(resource.urn, resource);
        if (replacing) {
            this.record({ put: [{ ...replacing, pendingDelete: true }, resource] });
        } else if (!sameState(resource, old)) {
            this.record({ put: [resource] });
        }
    }

    private learn(values: PropertyMap): void {
        const found = new Set<string>();
        collectSecrets(values, found);
        this.options.learnSecrets(found);
    }

    private record(change: StateChange): void {
        (change.put ?? []).forEach((resource) => void this.learn(resource.outputs));
        this.options.store.record(change);
    }

    private tell(
        kind: StepKind,
        resource: ResourceState,
        changes: Step["changes"] = [],
        reasons: readonly string[] = [],
        seconds?: number,
    ): void {
        this.options.observer.step({ kind, urn: resource.urn, custom: resource.custom, changes, reasons, seconds });
    }

    /** Eight hexadecimal digits for a generated name. An update gives the names that its plan showed. */
    private uniqueName(urn: string): string {
        return createHash("sha256").update(`${this.options.nameSeed} ${urn}`).digest("hex").slice(0, 8);
    }
}

function providerReference(goal: ResourceGoal, inherited: Inherited): string {
    return goal.provider || inherited.providers[packageOf(goal.type)] || "";
}

function requestOf(state: ResourceState): ResourceRequest {
    return { urn: state.urn, type: state.type, name: urnName(state.urn), inputs: state.inputs };
}

function newKey(): string {
    return randomUUID();
}

function now(): string {
    return new Date().toISOString();
}
