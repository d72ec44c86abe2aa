/** Where processes that run suites find when nothing more is begun, as `Date.now` tells it; unset, there is no such time. */
export const deadlineVariable = "SUITES_DEADLINE";
