// Where a sign-in leads back to.
// Invariant: always a path of this server, whatever was asked for.

const MAX_LENGTH = 2000
const ANY = 'http://any.invalid'
/** Of the pages that sign in and out themselves. */
const OWN = /^\/(?:sign-in|sign-out|set-password)(?:\/|$)/

/**
 * @param wanted of a query or a form
 * @param basePath "" or "/tools"
 * @returns path and query; the first page for anything that is not one of ours
 */
export function returnPath(wanted: string | null | undefined, basePath: string): string {
  const home = `${basePath}/`
  if (wanted === null || wanted === undefined || wanted.length > MAX_LENGTH) return home
  // Browsers read a backslash as a slash, and drop tabs and line ends: "/\example.org", "/\t/example.org".
  if (!/^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return home
  const url = URL.parse(wanted, ANY)
  if (url === null || url.origin !== ANY || url.pathname.startsWith('//')) return home
  if (!url.pathname.startsWith(home) || OWN.test(url.pathname.slice(basePath.length))) return home
  return url.pathname + url.search
}
