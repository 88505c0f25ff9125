// Files that belong to no package, wherever they lie: what systems, editors and version control leave beside the author's files.
// Invariant: one list, for folders and zips, for the check and for the watcher of a folder.

/** Names of files and folders, compared without case. */
const NAMES: ReadonlySet<string> = new Set([
  // Systems
  ...[
    '.ds_store',
    '__macosx',
    '.appledouble',
    '.spotlight-v100',
    '.trashes',
    '.fseventsd',
    '.temporaryitems',
  ],
  ...['thumbs.db', 'ehthumbs.db', 'desktop.ini', '$recycle.bin', '.directory'],
  // Version control
  ...['.git', '.svn', '.hg'],
  // Plugbay's own data of development, secrets among them, and editors
  ...['.plugbay', '.plugbay.env', '.idea', '.vscode', '.vs'],
])

const PATTERNS: readonly RegExp[] = [
  // Resource forks, files that are deleted while they are open, trash
  /^(?:\._.|\.nfs[0-9a-f]|\.fuse_hidden|\.trash-)/i,
  // Swap files, locks and backups: Vim, Emacs, Kate, LibreOffice, Office, gedit, JetBrains
  /^\..+\.sw[a-p]$|\.sw[op]$|^4913$|^\.#|^#.*#$|~$|\.kate-swp$|^\.~lock\..*#$|^~\$|^\.goutputstream-|___jb_(?:tmp|old)___$/i,
  // Merges and copies
  /\.(?:bak|orig|rej)$/i,
]

/** At the top of a package: earlier packages of it, and what a registry is given. */
const ARCHIVES = /\.(?:zip|tgz|tar|tar\.gz|7z|rar)$/i

/** @param path with forward slashes, of a file or a folder */
export function isLeftBehind(path: string): boolean {
  const segments = path.split('/')
  if (segments.length === 1 && ARCHIVES.test(path)) return true
  return segments.some((segment, index) => isNamed(segment) || isOfTools(segment, segments[index - 1]))
}

function isNamed(segment: string): boolean {
  return NAMES.has(segment.toLowerCase()) || PATTERNS.some((pattern) => pattern.test(segment))
}

/** Package managers keep links to commands, stores and notes of their own in folders of this name. */
function isOfTools(segment: string, parent: string | undefined): boolean {
  return parent === 'node_modules' && segment.startsWith('.')
}
