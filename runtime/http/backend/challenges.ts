// WWW-Authenticate (RFC 9110, 11.6.1): which challenges a plugin may answer with on an origin that others use too.
// Invariant: none that makes a browser ask its user, or answer by itself: what it gets would be sent for the whole origin.

/** Schemes for programs. Browsers know Basic, Digest, Negotiate and NTLM, and may learn others. */
const SCHEMES: ReadonlySet<string> = new Set([
  'bearer',
  'dpop',
  'apikey',
  'token',
  'signature',
  'hawk',
  'gnap',
])

const QUOTED = /"[^"]*"/g
const PARAMETER = /^[!#$%&'*+\-.^_`|~0-9a-z]+=/i
const SCHEME = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?= |$)/i

/** Whether a browser does nothing about the value. */
export function isForPrograms(value: string): boolean {
  // Escapes in a quoted text are read in more than one way: there, a challenge could hide.
  if (value.includes('\\')) return false
  const bare = value.replace(QUOTED, '')
  return !bare.includes('"') && bare.split(',').every(isHarmless)
}

/** A parameter, or a scheme with its first parameter. */
function isHarmless(part: string): boolean {
  const piece = part.trim()
  if (piece === '' || PARAMETER.test(piece)) return true
  const scheme = SCHEME.exec(piece)?.[0]
  return scheme !== undefined && SCHEMES.has(scheme.toLowerCase())
}
