// The files of one source, as the lines of their list (format/tree.ts), which is stored like any other content.

import type { ManifestSource } from '../format/manifest.ts'
import { type Bytes, type Hash, partsOf } from '../format/parts.ts'
import type { Entry } from '../format/sections.ts'
import { TREE_HEAD, treeLine } from '../format/tree.ts'

export class SourceList {
  readonly #name: string
  readonly #lines: string[] = []
  #files = 0
  #bytes = 0

  constructor(name: string) {
    this.#name = name
  }

  add(entry: Entry): void {
    const { path, mode, time } = entry
    if (entry.type === 'folder') {
      this.#lines.push(treeLine({ type: 'dir', path, mode, time }))
      return
    }
    const { size, parts } = entry
    this.#lines.push(treeLine({ type: 'file', path, mode, time, size, parts }))
    this.#files++
    this.#bytes += size
  }

  /** @param put stores a part */
  async store(put: (part: Bytes) => Promise<Hash>): Promise<ManifestSource> {
    const text = new Blob([TREE_HEAD, ...this.#lines])
    const tree: Hash[] = []
    for await (const part of partsOf(text.stream(), text.size)) tree.push(await put(part))
    return { name: this.#name, files: this.#files, bytes: this.#bytes, tree }
  }
}
