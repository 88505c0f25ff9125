// Converts the raw target of a request to the name of an asset.
// Invariant: one name has one URL: a path that is not canonical is refused, never repaired.

// Percent-encoded letters, digits, "-", "." and "_" are never necessary in a URL ("~" is encoded by old encoders).
const NEEDLESS_ENCODING = /%(?:2[deDE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])/

// Encoded "/", "\" and control characters, which would hide a separator or cut a name.
const REFUSED_ENCODING = /%(?:2[fF]|5[cC]|[01][0-9a-fA-F]|7[fF])/

/**
 * Decodes a raw path that begins with "/" into a name below the frontend root, in NFC: "/a/b.js" → "a/b.js", "/" → "". A
 * trailing slash stays. Null for a path that is not canonical.
 */
export function assetName(path: string): string | null {
  // Printable ASCII without space and backslash: everything else must be encoded.
  if (!/^\/[!-[\]-~]*$/.test(path) || /[?#]/.test(path)) return null
  if (NEEDLESS_ENCODING.test(path) || REFUSED_ENCODING.test(path)) return null
  let name: string
  try {
    name = decodeURIComponent(path.slice(1))
  } catch {
    // An invalid "%", or bytes that are not UTF-8: such a name cannot be in a package.
    return null
  }
  const segments = name.split('/')
  const last = segments.length - 1
  const odd = segments.some(
    (segment, index) => segment === '.' || segment === '..' || (segment === '' && index < last),
  )
  return odd ? null : name.normalize('NFC')
}
