import { randomUUID } from "node:crypto";
import {
    closeSync,
    existsSync,
    fsyncSync,
    mkdirSync,
    openSync,
    readFileSync,
    renameSync,
    rmSync,
    writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SecretCipher } from "../configuration/secretCipher";
import type { PropertyValue } from "../values/propertyValue";
import { applyChange, type StackState, type StateChange } from "./resourceState";
import { openSecrets, sealSecrets } from "./stateCodec";

/** Where changes of the state go. A preview has one that forgets. */
export interface StateWriter {
    readonly state: StackState;
    /** Remembers a change; when this returns it is on the disk. */
    record(change: StateChange): void;
}

/** A state in memory only, for previews and renderings. */
export class MemoryStore implements StateWriter {
    constructor(public state: StackState) {}

    public record(change: StateChange): void {
        this.state = applyChange(this.state, change);
    }
}

/**
 * The state of a stack on disk: a JSON file and beside it a journal of the changes since. Each change is appended and
 * synced before the run goes on, so a process that is killed at any moment leaves all that happened before. The journal
 * names the generation of the file it belongs to: one that was left behind by a finished run is told from a live one.
 */
export class StackStore implements StateWriter {
    private journal: number | undefined;

    private constructor(
        private readonly file: string,
        private current: StackState,
        private readonly cipher: SecretCipher,
    ) {}

    public get state(): StackState {
        return this.current;
    }

    /** Reads a stack's state, an empty one when there is none yet. Writes nothing. */
    public static async open(
        directory: string,
        project: string,
        stack: string,
        passphrase: () => string,
    ): Promise<StackStore> {
        const file = stateFile(directory, project, stack);
        if (!existsSync(file)) {
            const cipher = await SecretCipher.create(passphrase());
            return new StackStore(file, emptyState(project, stack, cipher.salt), cipher);
        }
        const sealed = readJson(file) as StackState;
        const cipher = await SecretCipher.open(passphrase(), sealed.encryptionSalt);
        const state = open<StackState>(sealed, cipher);
        const changes = readJournal(journalFile(file), state.generation).map((line) => open<StateChange>(line, cipher));
        return new StackStore(file, changes.reduce(applyChange, state), cipher);
    }

    /** A value of the state with its secrets encrypted, as the file has it. */
    public sealed(value: PropertyValue): PropertyValue {
        return sealSecrets(value, this.cipher);
    }

    public record(change: StateChange): void {
        const journal = this.journal ?? this.beginJournal();
        appendLine(journal, seal(change, this.cipher));
        this.current = applyChange(this.current, change);
    }

    /** Folds the journal into the file. A run that changed nothing writes nothing. */
    public finish(): void {
        if (this.journal === undefined) {
            return;
        }
        closeSync(this.journal);
        this.journal = undefined;
        this.writeFile();
        rmSync(journalFile(this.file), { force: true });
    }

    /** Folds an older journal into the file, so that what follows starts from a file that is complete. */
    private beginJournal(): number {
        this.writeFile();
        const journal = openSync(journalFile(this.file), "w", 0o600);
        this.journal = journal;
        appendLine(journal, { generation: this.current.generation });
        syncDirectory(dirname(this.file));
        return journal;
    }

    private writeFile(): void {
        mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
        this.current = { ...this.current, generation: this.current.generation + 1 };
        const temporary = `${this.file}.tmp`;
        const handle = openSync(temporary, "w", 0o600);
        writeSync(handle, `${JSON.stringify(seal(this.current, this.cipher), undefined, 2)}\n`);
        fsyncSync(handle);
        closeSync(handle);
        renameSync(temporary, this.file);
        syncDirectory(dirname(this.file));
    }
}

/** The state of a stack that has nothing yet. */
export function emptyState(project: string, stack: string, encryptionSalt = ""): StackState {
    return {
        version: 1,
        project,
        stack,
        id: randomUUID(),
        generation: 0,
        encryptionSalt,
        resources: [],
        pending: [],
    };
}

/** The file that holds the state of a stack. */
export function stateFile(directory: string, project: string, stack: string): string {
    for (const name of [project, stack]) {
        if (!/^[A-Za-z0-9_.-]+$/.test(name) || /^\.+$/.test(name)) {
            throw new Error(
                `"${name}" can't be the name of a project or stack: letters, digits, "-", "_" and "." only`,
            );
        }
    }
    return join(directory, "stacks", project, `${stack}.json`);
}

function journalFile(file: string): string {
    return `${file}.journal`;
}

function readJson(file: string): unknown {
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        throw new Error(`The state file ${file} can't be read: ${(error as Error).message}`);
    }
}

/** The changes in a journal. Its last line may be torn, when the process died while it wrote: then it never happened. */
function readJournal(file: string, generation: number): unknown[] {
    if (!existsSync(file)) {
        return [];
    }
    const text = readFileSync(file, "utf8");
    const lines = text.split("\n");
    lines.pop();
    const [head, ...changes] = lines.map((line) => JSON.parse(line) as { generation?: number });
    return head?.generation === generation ? changes : [];
}

function appendLine(handle: number, value: unknown): void {
    writeSync(handle, `${JSON.stringify(value)}\n`);
    fsyncSync(handle);
}

function syncDirectory(directory: string): void {
    const handle = openSync(directory, "r");
    fsyncSync(handle);
    closeSync(handle);
}

function seal(value: StackState | StateChange, cipher: SecretCipher): unknown {
    return sealSecrets(JSON.parse(JSON.stringify(value)) as PropertyValue, cipher);
}

function open<T>(value: unknown, cipher: SecretCipher): T {
    return openSecrets(value as PropertyValue, cipher) as unknown as T;
}
