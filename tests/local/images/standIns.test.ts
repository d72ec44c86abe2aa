import { expect } from "chai";
import { podImages } from "../../../local/airflow/diagnosis";
import { recipes } from "../../../local/images";
import { standInSentence } from "../../../local/images/standIns";

describe("local/images/standIns", () => {
    it("names the images that are built here under official names, each once", () => {
        const images = [
            "postgres:17.12-trixie",
            "apache/airflow:3.3.2",
            recipes.airflow.reference,
            "example.com/mine:1",
        ];
        expect(standInSentence(images)).to.match(
            /^docker\.io\/apache\/airflow:3\.3\.2 and docker\.io\/library\/postgres:17\.12-trixie are stand-ins, built on this machine/,
        );
        expect(standInSentence(["postgres:17.12-trixie"])).to.match(
            /^docker\.io\/library\/postgres:17\.12-trixie is a stand-in,/,
        );
    });

    it("has nothing to say of other images, or of what a cluster consists of", () => {
        expect(standInSentence([])).to.equal(undefined);
        expect(standInSentence(["example.com/mine:1", "postgres:16", recipes.coredns.reference])).to.equal(undefined);
    });

    it("takes the images from pods", () => {
        const metadata = { name: "x" };
        const spec = { containers: [{ image: "postgres:17.12-trixie" }, {}] };
        expect(
            podImages([
                { kind: "Pod", metadata, spec },
                { kind: "Deployment", metadata, spec },
            ]),
        ).to.deep.equal(["postgres:17.12-trixie"]);
    });
});
