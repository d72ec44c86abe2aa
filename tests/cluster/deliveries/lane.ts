/** Something that a test waits for and that is done elsewhere. */
export class Deferred<T> {
    private settle: { resolve: (value: T) => void; reject: (error: unknown) => void } | undefined;
    /** Settles when it is done, or failed. */
    public readonly promise: Promise<T>;

    public constructor() {
        this.promise = new Promise<T>((resolve, reject) => {
            this.settle = { resolve, reject };
        });
        // A failure is told by the test that waits for it, which may come later.
        this.promise.catch(() => undefined);
    }

    public resolve(value: T): void {
        this.settle?.resolve(value);
    }

    public reject(error: unknown): void {
        this.settle?.reject(error);
    }
}

/** A piece of work with a result that a test looks at. */
interface Step {
    readonly run: () => Promise<void>;
    readonly skip: (error: unknown) => void;
    /** Steps of one group build on each other: when one fails, so do those after it. */
    readonly group: string;
}

/**
 * Work on one installation, one step after the other, while other lanes do theirs: most of the time in it is spent waiting for
 * Airflow to notice something. The tests look at the results in whatever order they like.
 */
export class Lane {
    private readonly steps: Step[] = [];
    /** Why steps of a group are not tried. */
    private readonly failed = new Map<string, string>();

    /** Adds a step; hands back its result, to be waited for. */
    public step<T>(group: string, work: () => Promise<T>): () => Promise<T> {
        const result = new Deferred<T>();
        this.steps.push({
            group,
            run: async () => result.resolve(await work()),
            skip: (error) => result.reject(error),
        });
        return () => result.promise;
    }

    /**
     * Does all steps. A failure ends its group only; after the deadline (as `Date.now` tells it) nothing more is begun, so
     * that a machine that is too slow ends with what was found and not with nothing.
     */
    public async run(deadline: number): Promise<void> {
        for (const step of this.steps) {
            if (Date.now() > deadline) {
                this.failed.set(step.group, "the time for all lanes is over");
            }
            if (this.failed.has(step.group)) {
                step.skip(new Error(`not tried, since ${this.failed.get(step.group)}`));
                continue;
            }
            try {
                await step.run();
            } catch (error) {
                this.failed.set(step.group, `a step before failed: ${String(error)}`);
                step.skip(error);
            }
        }
    }
}

/** Runs lanes side by side, not more than `most` at once, for so many milliseconds. */
export async function runLanes(lanes: readonly Lane[], most: number, within: number): Promise<void> {
    const deadline = Date.now() + within;
    const waiting = [...lanes];
    const worker = async (): Promise<void> => {
        for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
            await lane.run(deadline);
        }
    };
    await Promise.all(Array.from({ length: most }, worker));
}
