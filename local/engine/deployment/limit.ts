/** Lets at most so many tasks run at the same time; the others wait in line. */
export class Limit {
    private running = 0;
    private readonly waiting: (() => void)[] = [];

    constructor(private readonly most: number) {}

    public async run<T>(task: () => Promise<T>): Promise<T> {
        if (this.running >= this.most) {
            await new Promise<void>((resolve) => this.waiting.push(resolve));
        }
        this.running++;
        try {
            return await task();
        } finally {
            this.running--;
            this.waiting.shift()?.();
        }
    }
}
