import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { known } from "../known";
import { kindOf } from "../pods";

/** Settings of rules for stacks whose data somebody would miss. */
interface DataSettings {
    /** Stacks whose data may go with them. */
    readonly disposableStacks: readonly string[];
}

const configSchema = {
    properties: {
        disposableStacks: { type: "array" as const, items: { type: "string" as const }, default: ["minikube"] },
    },
};

export const dataOutliveTheStack: StackValidationPolicy = {
    name: "data-outlive-the-stack",
    description:
        "Claims of a stack that is not disposable are kept by destroy: in a namespace that stays, on a volume with reclaim policy Retain, or protected.",
    configSchema,
    validateStack: ({ resources, getConfig }, reportViolation) => {
        const { disposableStacks } = getConfig<DataSettings>();
        const retained = new Set(
            resources
                .filter((resource) => kindOf(resource) === "PersistentVolume" && keepsItsData(resource))
                .map(({ props }) => known(() => props.metadata?.name)),
        );
        for (const claim of resources.filter((resource) => kindOf(resource) === "PersistentVolumeClaim")) {
            const volume = known(() => claim.props.spec?.volumeName);
            // Policies are told of protect, and not of retainOnDelete: the component that sets it is in the URN.
            const stays = /:RetainedClaims\$/.test(claim.urn) || claim.opts.protect || retained.has(volume);
            if (!stays && !disposableStacks.includes(stackOf(claim.urn))) {
                reportViolation(
                    `${claim.name} goes with the stack, and its data with it: set database.retain, use a volume with reclaim policy Retain, or protect it`,
                    claim.urn,
                );
            }
        }
    },
};

function keepsItsData({ props }: PolicyResource): boolean {
    return known(() => props.spec?.persistentVolumeReclaimPolicy) === "Retain";
}

/** What is lost with these is lost for good: what the one has encrypted, and the way into the database. */
const keys = [
    { ending: "-fernet-key", setting: "fernetKey" },
    { ending: "-database-password", setting: "databasePassword" },
];

export const keysStay: ResourceValidationPolicy = {
    name: "keys-stay",
    description:
        "The fernet key and the database's password of a stack that is not disposable are in its configuration, or protected: data outlive a stack, and are lost without them.",
    configSchema,
    validateResource: ({ type, name, urn, opts, getConfig }, reportViolation) => {
        const key = keys.find(({ ending }) => type.startsWith("random:") && name.endsWith(ending));
        const { disposableStacks } = getConfig<DataSettings>();
        if (key !== undefined && !opts.protect && !disposableStacks.includes(stackOf(urn))) {
            reportViolation(
                `${name} is generated and would be lost with the stack: set ${key.setting} (make pin-keys STACK=${stackOf(urn)}), or protect it`,
            );
        }
    },
};

/** The stack's name in a URN. */
function stackOf(urn: string): string {
    return urn.split("::")[0]?.split(":").at(-1) ?? "";
}
