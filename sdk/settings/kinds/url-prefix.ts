// The beginning of the path of an address: "library/" for everything below /library/. Empty is allowed.
// Invariant: the normal form has no slash in front and one at the end.

const LONGEST = 1024

export function isUrlPrefix(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > LONGEST) return false
  if (value === '') return true
  const segments = value.split('/')
  return (
    segments.pop() === '' && segments.every((one) => /^[\w~!$&'()*+,;=:@%.-]+$/.test(one) && !isDots(one))
  )
}

/** "/library" becomes "library/"; "/" becomes "". */
export function tidyUrlPrefix(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > LONGEST) return value
  const segments = value.trim().split('/')
  while (segments[0] === '') segments.shift()
  while (segments.at(-1) === '') segments.pop()
  return segments.length === 0 ? '' : `${segments.join('/')}/`
}

/** Browsers resolve such a segment, also when its dots are encoded. */
function isDots(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment)
}
