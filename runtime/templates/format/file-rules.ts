// Which files of a template folder are rendered, copied, or only there to be included: as Tutor decides.

/** Hidden files, compiled ones, and those that only others include. */
const IGNORED = /(?:^|\/)(?:\.|__pycache__(?:\/|$)|partials(?:\/|$))|\.pyc$/
const BINARY = /\.(?:gif|gz|ico|jpe?g|otf|patch|pdf|png|ttf|webp|woff2?|zip)$/i

/** @param path with forward slashes, below the folder of templates */
export function isIgnored(path: string): boolean {
  return IGNORED.test(path)
}

/** Copied as it is: by its name, or since it holds no text. */
export function isBinary(path: string, bytes: Uint8Array): boolean {
  return BINARY.test(path) || bytes.includes(0) || !isUtf8(bytes)
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
