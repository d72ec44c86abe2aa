import { PolicyPack } from "@pulumi/policy";
import { rules } from "./rules";

new PolicyPack("airflow-kubernetes", { enforcementLevel: "mandatory", policies: [...rules] });
