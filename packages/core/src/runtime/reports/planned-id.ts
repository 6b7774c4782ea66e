/** The id that names the cgroup in a plan which belongs to no container yet. */
export const plannedId = "planned";
