// Names of files and folders in granted folders: which a path may hold, and which may be created.
// Invariant: a name that passes isFileName() is one component of a path on every system, and none of ours.

/** In UTF-8: what every file system of today takes. */
const MAX_NAME_BYTES = 255
/**
 * Counted from the granted folder.
 * @limit handles of folders: levels of folders
 * @passed a `TypeError` is thrown
 */
export const MAX_FILE_DEPTH = 64
/** Of the names of one path, in characters. */
const MAX_PATH_CHARACTERS = 4096
/** Files that are being written, until `close()` gives them their name. */
export const UNFINISHED_PREFIX = '.plugbay-'

/** Separators of any system; NUL ends a path; a lone surrogate has no UTF-8. */
const NEVER = /[/\\\0]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
/** What Windows or FAT does not take. Control characters besides: they forge lines in logs and terminals. */
const NOT_PORTABLE = /[\p{Cc}<>:"\|?*]|[. ]$/v
/** Windows takes these for devices, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i
/** FAT and NTFS give files with longer names a second one of this form. */
const SHORT = /^[^.]{1,6}~[0-9]{1,6}(?:\.[^.]{0,3})?$/

/** Whether it can be one component of a path: what a guest may ask for. */
export function isFileName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name === '.' || name === '..') return false
  if (NEVER.test(name) || name.length > MAX_NAME_BYTES) return false
  return utf8Length(name) <= MAX_NAME_BYTES && !name.toLowerCase().startsWith(UNFINISHED_PREFIX)
}

/** Whether every system can hold it, under this name only: what a guest may create. */
export function isPortableName(name: string): boolean {
  return !NOT_PORTABLE.test(name) && !DEVICE.test(name) && !SHORT.test(name)
}

/** Whether some file system may know an entry under this name beside its own: as its short name, with what is dropped at the end, by a stream. */
export function mayBeAlias(name: string): boolean {
  return !isPortableName(name) || name.includes('~')
}

/** The same name in other letters: where one of them finds the same entry, the file system does not tell them apart. */
export function spellingsOf(name: string): readonly string[] {
  const lower = name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const upper = name.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase())
  const all = [
    lower,
    upper,
    name.toLowerCase(),
    name.toUpperCase(),
    name.normalize('NFC'),
    name.normalize('NFD'),
  ]
  return [...new Set(all)].filter((each) => each !== name)
}

/** A path below the granted folder; empty for the folder itself. */
export function isFilePath(path: unknown): path is readonly string[] {
  if (!Array.isArray(path) || path.length > MAX_FILE_DEPTH) return false
  return path.every(isFileName) && path.join('/').length <= MAX_PATH_CHARACTERS
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
