// Reads a plugin's folder into the files of a package, under the same rules as a zip.
// Invariant: links are followed within the project only, and no file is read beyond the size limit of the whole package.

import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PackageLimits } from '../../../config/config.ts'
import { isLeftBehind } from '../../format/left-behind.ts'
import { isWithinRoots } from '../../format/within-roots.ts'
import type { FolderSource, LeftOut, PassedLink, ReadOutcome } from '../../types.ts'
import { type ProblemList, problemList, showName } from './archive-problems.ts'
import { checkName, findNameConflicts, type NamedEntry } from './entry-names.ts'
import { followLink, type LinkPlace } from './folder-links.ts'
import { createIgnore, IGNORE_FILE, type Ignore } from './ignored-files.ts'
import { outsideSql } from './outside-sql.ts'
import { membersOf, type PackageMembers } from './package-members.ts'

export { packageMembers } from './package-members.ts'

const MANIFEST = 'manifest.json'

/** Opening a pipe would block until it has a writer; a link put there after the walk would be followed. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads the members of the package (see packageMembers()) from a folder. Links may lead to `roots`, real paths; packages that are links are
 * named, not read.
 * Passes over what systems, editors and tools leave behind. A file that cannot be read is a problem, not an exception.
 */
export async function readFolder(
  { path, roots = [path] }: Pick<FolderSource, 'path' | 'roots'>,
  limits: PackageLimits,
): Promise<ReadOutcome> {
  const problems = problemList()
  const reader: Reader = {
    ...{ root: path, roots, limits, problems, bytesLeft: limits.maxInflatedBytes },
    ...{ reals: new Map(), links: [], packages: new Map(), leftOut: [] },
  }
  await followManifest(reader)
  const manifest = await readMember(reader, MANIFEST, { isOptional: true })
  const members = membersOf(parse(manifest))
  const ignoreText = await readMember(reader, IGNORE_FILE, { isOptional: true })
  const ignore = createIgnore(ignoreText && Buffer.from(ignoreText).toString('utf8'))
  reader.bytesLeft = limits.maxInflatedBytes
  const names = await listMembers(reader, members, ignore)
  const entries = checkNames(names, reader)
  if (names.length > limits.maxEntries) {
    problems.add(tooLarge(`The folder has more than ${limits.maxEntries} files`))
  }
  const files = new Map<string, Uint8Array>()
  for (const entry of problems.count === 0 ? entries : []) {
    const content = await readMember(reader, entry.name)
    if (content === undefined) {
      break
    }
    files.set(entry.path, content)
  }
  if (problems.count > 0) return { ok: false, problems: problems.list() }
  const { links, packages, leftOut } = reader
  return { ok: true, files, links, packages, leftOut, outsideSql: await outsideSql(path, members) }
}

interface Reader {
  readonly root: string
  readonly roots: readonly string[]
  /** Where links to files lead, by the names on disk. */
  readonly reals: Map<string, string>
  readonly links: PassedLink[]
  readonly packages: Map<string, string>
  readonly leftOut: LeftOut[]
  readonly limits: PackageLimits
  readonly problems: ProblemList
  bytesLeft: number
}

/** Names of the members with forward slashes, unordered. Stops when there are more than the limit allows. */
async function listMembers(reader: Reader, members: PackageMembers, ignore: Ignore): Promise<string[]> {
  const names: string[] = []
  const folders: Folder[] = [{ name: '', chain: [reader.root] }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(join(reader.root, folder.name))) {
        const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`
        const path = name.normalize('NFC')
        // Elsewhere in a workspace, hidden files are of others: keys and tokens among them.
        if (entry.name.startsWith('.') && !isWithinRoots(folder.chain.at(-1) ?? reader.root, [reader.root])) {
          continue
        }
        if (isLeftBehind(path) || !(members.isMember(path) || members.mayHoldMembers(path))) {
          continue
        }
        const why = members.isMember(path) && path !== MANIFEST ? ignore(path) : undefined
        if (why !== undefined) {
          reader.leftOut.push({ path, why })
          continue
        }
        const found = await look(reader, { entry, name, path, chain: folder.chain })
        if (found === 'file' && members.isMember(path)) {
          names.push(name)
        } else if (found !== undefined && found !== 'file' && members.mayHoldMembers(path)) {
          folders.push(found)
        }
        if (names.length > reader.limits.maxEntries) {
          return names
        }
      }
    } catch (error) {
      reader.problems.add(unreadable(folder.name, error))
    }
  }
  return names
}

interface Folder {
  readonly name: string
  /** Real paths of the folder, and of those that hold it. */
  readonly chain: readonly string[]
}

interface Look extends Pick<LinkPlace, 'name' | 'path' | 'chain'> {
  readonly entry: Dirent
}

/** What the entry is, links followed; undefined for one that is passed over, or is a problem. */
async function look(
  reader: Reader,
  { entry, name, path, chain }: Look,
): Promise<'file' | Folder | undefined> {
  const { root, roots, links, packages, problems, reals } = reader
  if (entry.isDirectory()) return { name, chain: [...chain, join(chain.at(-1) ?? root, entry.name)] }
  if (entry.isFile()) return 'file'
  if (!entry.isSymbolicLink()) {
    problems.add({
      code: 'ARCHIVE_UNSUPPORTED',
      message: `"${showName(name)}" is not a plain file or folder`,
      hint: 'Leave out devices, pipes and sockets',
      file: name,
    })
    return undefined
  }
  const link = await followLink({ root, name, path, chain }, roots)
  if (link.kind === 'passed') links.push(link)
  if (link.kind === 'package') packages.set(path, link.real)
  if (link.kind === 'file') reals.set(name, link.real)
  if (link.kind === 'folder') return { name, chain: [...chain, link.real] }
  return link.kind === 'file' ? 'file' : undefined
}

/** The manifest is read before anything else: it says what belongs to the package. */
async function followManifest({ root, roots, reals }: Reader): Promise<void> {
  const info = await lstat(join(root, MANIFEST)).catch(() => undefined)
  if (info?.isSymbolicLink() !== true) return
  const link = await followLink({ root, name: MANIFEST, path: MANIFEST, chain: [] }, roots)
  if (link.kind === 'file') reals.set(MANIFEST, link.real)
}

/** Valid names, sorted by canonical path; an invalid one is a problem. */
function checkNames(names: readonly string[], { limits, problems }: Reader): readonly NamedEntry[] {
  const entries: NamedEntry[] = []
  for (const name of names) {
    const verdict = checkName(name)
    for (const finding of verdict.findings) {
      problems.add(finding)
    }
    if (verdict.findings.length === 0) {
      entries.push({ name, path: verdict.path, isDirectory: false })
    }
  }
  for (const finding of findNameConflicts(entries, limits)) {
    problems.add(finding)
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** The content of one file, counted against the limit; undefined when it is a problem, or when it is missing and may be. */
async function readMember(
  reader: Reader,
  name: string,
  { isOptional = false }: { readonly isOptional?: boolean } = {},
): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined
  try {
    handle = await open(reader.reals.get(name) ?? join(reader.root, name), OPEN_FLAGS)
    const content = await readUpTo(handle, reader.bytesLeft)
    if (content === undefined) {
      reader.problems.add(tooLarge(`The files take more than ${reader.limits.maxInflatedBytes} bytes`))
      return undefined
    }
    reader.bytesLeft -= content.length
    return content
  } catch (error) {
    if (!isOptional) {
      reader.problems.add(unreadable(name, error))
    }
    return undefined
  } finally {
    await handle?.close()
  }
}

/** Undefined when the file holds more than `limit` bytes, also when it grows while it is read. */
async function readUpTo(handle: FileHandle, limit: number): Promise<Uint8Array | undefined> {
  const { size } = await handle.stat()
  if (size > limit) {
    return undefined
  }
  const content = new Uint8Array(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await handle.read(content, length, size - length, length)
    if (bytesRead === 0) {
      break
    }
    length += bytesRead
  }
  return content.subarray(0, length)
}

/** The manifest, as far as the rule for members needs it; it is validated elsewhere. */
function parse(manifest: Uint8Array | undefined): unknown {
  try {
    return manifest === undefined ? undefined : JSON.parse(Buffer.from(manifest).toString('utf8'))
  } catch {
    // Not JSON: the default folders are read, and the manifest check reports the problem.
    return undefined
  }
}

function unreadable(name: string, error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  const what = name === '' ? 'the folder' : `"${showName(name)}"`
  const finding = {
    code: 'ARCHIVE_CORRUPT',
    message: `Cannot read ${what} (${code})`,
    hint: 'Look at the path and the rights of the files',
  } as const
  return name === '' ? finding : { ...finding, file: name }
}

function tooLarge(message: string) {
  const hint = 'Leave out what the plugin does not need, or ask the operator to raise the limits'
  return { code: 'ARCHIVE_TOO_LARGE', message, hint } as const
}
