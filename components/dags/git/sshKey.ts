/** What is wrong with a private key, or undefined. The text of the key is in no answer. */
export function sshKeyFault(key: string): string | undefined {
    const match = /^-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----\r?\n([\s\S]+?)-----END \1-----$/.exec(key.trim());
    if (match === null) {
        return /^(ssh-|ecdsa-)/.test(key.trim()) ? "it is the public half of a key" : "it is no private key";
    }
    const [, kind, body] = match;
    const locked = kind.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(body) || lockedOpenSsh(kind, body);
    return locked ? "a passphrase protects it, which nobody could enter" : undefined;
}

/** Whether a key in OpenSSH's own format is encrypted: the name of the cipher follows a fixed mark. */
function lockedOpenSsh(kind: string, body: string): boolean {
    const mark = "openssh-key-v1\0";
    const bytes = Buffer.from(body.replace(/\s/g, ""), "base64");
    if (!kind.startsWith("OPENSSH") || bytes.length < mark.length + 4) {
        return false;
    }
    const start = mark.length + 4;
    const length = bytes.readUInt32BE(mark.length);
    return bytes.toString("latin1", start, start + length) !== "none";
}
