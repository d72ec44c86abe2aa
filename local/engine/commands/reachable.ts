import { type StackContext, stackProviders } from "./stackContext";

/** Refuses to begin when a cluster that resources of the stack live on can't be reached. */
export async function requireReachable(context: StackContext): Promise<void> {
    const { state } = context.store;
    const reasons: string[] = [];
    const providers = stackProviders(
        context.config,
        () => state,
        (reason) => reasons.push(reason),
    );
    const custom = state.resources.filter((resource) => resource.custom && resource.place !== "");
    await Promise.all(custom.map((resource) => providers.of(resource)));
    if (reasons[0] !== undefined) {
        throw new Error(`The cluster can't be reached, so nothing was done: ${reasons[0]}`);
    }
}
