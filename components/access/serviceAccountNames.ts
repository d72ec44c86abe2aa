import { names } from "../kubernetes/names";

/** Names of ServiceAccounts, by who runs under them. All but those of tasks are in Airflow's namespace. */
export interface ServiceAccountNames {
    readonly apiServer: string;
    /** Whom tasks report to: the api-server's own unless `executionApi` sets that apart. */
    readonly executionApi: string;
    readonly scheduler: string;
    readonly dagProcessor: string;
    readonly triggerer: string;
    /** Jobs that an update runs. */
    readonly jobs: string;
    /** Task pods, in the workers' namespace. */
    readonly worker: string;
}

/**
 * The names that ServiceAccounts have in every installation: what a cloud is to trust can be made of them before the
 * installation that it is given to.
 */
export const serviceAccountNames: ServiceAccountNames = {
    apiServer: names.apiServer,
    executionApi: names.executionApi,
    scheduler: names.scheduler,
    dagProcessor: names.dagProcessor,
    triggerer: names.triggerer,
    jobs: names.jobs,
    worker: names.worker,
};
