import { expect } from "chai";
import { Hopeless, waitFor } from "../../../local/support/deadline";
import { Interrupted, UserError } from "../../../local/support/errors";

describe("local/support/deadline", () => {
    const soon = { within: 30, every: 1, what: "the answer" };

    async function failure(look: () => Promise<unknown>, explain?: () => string): Promise<Error> {
        return await waitFor(look, { ...soon, explain }).then(
            () => expect.fail("it should have failed"),
            (error: Error) => error,
        );
    }

    it("looks until something is found, and hands it back; 0 and an empty text are found, too", async () => {
        const answers = [undefined, false, 7] as const;
        let looks = 0;
        expect(await waitFor(async () => answers[looks++], { ...soon, within: 10_000 })).to.equal(7);
        expect(looks).to.equal(3);
        expect(await waitFor(async () => 0, soon)).to.equal(0);
        expect(await waitFor(async () => "", soon)).to.equal("");
    });

    it("looks on after a look that failed", async () => {
        let looks = 0;
        const found = await waitFor(
            async () => {
                looks += 1;
                if (looks < 3) {
                    throw new Error("not yet");
                }
                return "found";
            },
            { ...soon, within: 10_000 },
        );
        expect(found).to.equal("found");
    });

    it("tells what was waited for, the last failure, and what explains it, when time is up", async () => {
        const error = await failure(
            async () => {
                throw new Error("refused");
            },
            () => "the log",
        );
        expect(error).to.be.instanceOf(UserError);
        expect(error.message).to.equal("waited 0.03 s for the answer (last: refused)\nthe log");
        expect((await failure(async () => false)).message).to.equal("waited 0.03 s for the answer");
    });

    it("looks once more than time allows, so that no time is enough for what is there already", async () => {
        expect(await waitFor(async () => true, { ...soon, within: 0 })).to.equal(true);
    });

    for (const last of [new Hopeless("it has ended"), new Interrupted()]) {
        it(`ends at once on ${last.constructor.name}`, async () => {
            let looks = 0;
            const look = async () => {
                looks += 1;
                throw last;
            };
            const error = await waitFor(look, { ...soon, within: 10_000 }).catch((reason: Error) => reason);
            expect(error).to.equal(last);
            expect(looks).to.equal(1);
        });
    }
});
