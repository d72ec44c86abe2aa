/** Words that {@link https://www.pulumi.com/registry/packages/random/api-docs/randompet RandomPet} is made of. */
export const adverbs: readonly string[] = [
    "barely",
    "boldly",
    "calmly",
    "firmly",
    "gently",
    "mildly",
    "neatly",
    "openly",
];
export const adjectives: readonly string[] = ["amber", "brave", "calm", "clever", "eager", "gentle", "merry", "sunny"];
export const names: readonly string[] = ["badger", "falcon", "gecko", "heron", "lynx", "otter", "raven", "turtle"];
