/** The two lines between which a part of a page is written by a program. */
export interface Marks {
    readonly begin: string;
    readonly end: string;
}

/**
 * A page with another text between its marks.
 *
 * @throws Error that names the marks, where the page lacks one.
 */
export function replaceMarked(page: string, { begin, end }: Marks, text: string): string {
    const from = page.indexOf(begin);
    const to = page.indexOf(end);
    if (from < 0 || to < from) {
        throw new Error(`the page lacks the lines ${begin} and ${end}`);
    }
    return `${page.slice(0, from)}${begin}\n\n${text.trimEnd()}\n\n${page.slice(to)}`;
}
