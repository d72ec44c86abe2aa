/**
 * A text that Kubernetes hands on as it is: `$(NAME)` in a variable or an argument would be replaced by a variable's value.
 *
 * @see https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function literal(text: string): string {
    return /\$[$(]/.test(text) ? text.replaceAll("$", "$$$$") : text;
}

/** A text in which Kubernetes replaces `$(NAME)` for these variables only. */
export function expanding(text: string, variables: readonly string[]): string {
    return variables.reduce((all, name) => all.replaceAll(`$$(${name})`, `$(${name})`), literal(text));
}
