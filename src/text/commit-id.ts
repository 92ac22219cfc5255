/** The full id of a commit, by SHA-1 or SHA-256. */
export const commitId = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
