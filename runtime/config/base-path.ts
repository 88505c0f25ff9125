// Paths that everything of a runtime is below: "/tools", "/my/tools"; "" is the root of the origin.

const BASE_PATH = /^(?:\/[A-Za-z0-9\-._~]+)*$/

/** What a base path must look like, for people. */
export const BASE_PATH_FORM =
  'a path like "/tools" or "/my/tools": it begins with a slash and has letters, digits, "-", ".", "_" and "~" only'

/** Without a slash at its end; undefined for a path that routers and browsers would read in different ways. */
export function readBasePath(given: string): string | undefined {
  const path = given.replace(/\/$/, '')
  const isPlain = path.split('/').every((segment) => segment !== '.' && segment !== '..')
  return isPlain && BASE_PATH.test(path) ? path : undefined
}
