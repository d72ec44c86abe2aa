import { Installation, testPrefix } from "../support/installation";
import { surroundings } from "./surroundings";

describe("An installation that uses what others run", () => {
    const on = Installation.modest(`${testPrefix}-around`);

    after(() => on.end());

    surroundings(on);
});
