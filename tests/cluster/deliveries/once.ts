/**
 * Work whose result several tests look at: done when the first of them asks, so that any test can be run alone. When it
 * failed, the first test that asked tells why, and the others name it.
 *
 * @param what Names the work, as in "not tried, since this failed: ...".
 */
export function once<T>(what: string, work: () => Promise<T>): () => Promise<T> {
    let result: Promise<T> | undefined;
    return async () => {
        if (result === undefined) {
            result = work();
            return await result;
        }
        try {
            return await result;
        } catch {
            throw new Error(`not tried, since this failed: ${what}`);
        }
    };
}
