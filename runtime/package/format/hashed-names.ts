// Recognises file names that hold a hash of the content, which may be cached for ever.
// Invariant: when in doubt a name is not hashed: a needless revalidation costs little, a stale copy for a year much.

// Vite: eight characters of base64url before the extension.
const VITE = /-([A-Za-z0-9_-]{8})\.[A-Za-z0-9.]+$/
// Other bundlers: hexadecimal, eight or more.
const HEX = /[.-]([0-9a-f]{8,64})\.[A-Za-z0-9.]+$/

/** Whether a browser may cache the asset for ever. `built`: the manifest of a Vite build names the file. */
export function isHashedName(path: string, built: boolean): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const hash = VITE.exec(name)?.[1]
  // "app-settings.js" matches the pattern too: without a manifest the hash must also look random.
  if (hash !== undefined && (built || (/[0-9]/.test(hash) && /[a-z]/.test(hash) && /[A-Z]/.test(hash))))
    return true
  const hex = HEX.exec(name)?.[1]
  return hex !== undefined && /[0-9]/.test(hex) && /[a-f]/.test(hex)
}
