import fc from "fast-check";

/** Texts that a shell, a URL, YAML, Python, a path, a terminal or Kubernetes may take for something else. */
export const hostileTexts: readonly string[] = [
    ..."'\"`;|&<>(){}[]$*?~#!%^=,:@\\/+ \t\n\r".split(""),
    ...["", " ", "a b", " led", "trailed ", "a\nb: c", "a\r\nb", "\na", "a\t"],
    ...[
        "$(id)",
        "`id`",
        "$(HOME)",
        "$$(HOME)",
        "$$",
        "$",
        `\${HOME}`,
        "$HOME",
        "%HOME%",
        "; rm -rf /",
        "&& id",
        "| id",
    ],
    ...["' || id '", '" && id "', "'; id; '", "-rf", "--help", "-c", "a --upload-pack=id", "ext::sh -c id"],
    ...["../../etc/passwd", "/../..", "..", ".", "./", "/", "//", "a//b", "a/./b", "/etc/passwd", "~root", "C:\\a"],
    ...["%2e%2e%2f", "%00", "%s", "%(x)s", "{x}", "{{ x }}", "{% x %}", "{{", "}}", "#{x}", "<b>", "<!--"],
    ...[
        "no",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "true",
        "False",
        "null",
        "~",
        "1",
        "0",
        "-1",
        "1e3",
        "1.5",
        ".5",
        "0x10",
        "0o7",
    ],
    ...[
        "010",
        "1_000",
        "1:30",
        "190:20:30",
        "2026-01-01",
        "=",
        "<<",
        "!!python/object:os.system",
        "!x",
        "&a",
        "*a",
        "- a",
    ],
    ...["a: b", "a #b", "|", ">", "? a", "{a: b}", "[a]", "---", "...", "%YAML 1.1", "@a", ".inf", ".NaN"],
    ...["__proto__", "constructor", "toString", "hasOwnProperty", "length"],
    ...["é", "日本", "😀", "a\u0301", "\u202eabc", "\u200b", "\ufeff", "\u2028", "\u0085", "İ", "ß", "\u00a0"],
    ...["a\0b", "\0", "\ud800", "\u001b[31mred", "\u0007", "\u009b31m", "\u007f"],
    ...["x".repeat(64), "x".repeat(254), "9".repeat(30), "x".repeat(5_000), "x".repeat(200_000)],
    ...["a@b", "user:pass@host", "http://user:pass@host/", "s3://b", "javascript:alert(1)", "file:///etc/passwd"],
];

/** Such a text alone, or before, behind or inside a right one. */
export function hostileVariant(right: fc.Arbitrary<string>): fc.Arbitrary<string> {
    const bad = fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...hostileTexts) },
        { weight: 1, arbitrary: fc.string({ unit: "grapheme" }) },
        { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    );
    return fc.oneof(
        bad,
        fc.tuple(right, bad).map(([good, worse]) => good + worse),
        fc.tuple(bad, right).map(([worse, good]) => worse + good),
        fc
            .tuple(right, bad)
            .map(([good, worse]) => good.slice(0, good.length / 2) + worse + good.slice(good.length / 2)),
    );
}
