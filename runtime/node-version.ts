// Which Node the package needs. package.json says the same to package managers (a test compares them).

/** The first major version. */
export const NODE_MAJOR = 26

/** @param version as in `process.version`; @returns a sentence, without a final period, for a Node that is too old */
export function oldNodeProblem(version: string): string | undefined {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1])
  if (major >= NODE_MAJOR) return undefined
  return `Plugbay needs Node ${NODE_MAJOR} or later, and this is Node ${version.replace(/^v/, '')}: install it from https://nodejs.org, or in this project with "npm install node@${NODE_MAJOR}"`
}
