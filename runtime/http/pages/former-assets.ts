// Files of releases that served lately: a page that was loaded from one goes on asking for its chunks, styles and fonts after an
// update or a rollback.
// Invariant: only files that browsers keep for ever by their name, which are never pages, and only of the same installation and
// author as what serves now.

import type { ServedArtifact, ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import type { Artifact, AssetEntry } from '../../package/artifact.ts'

/** How long a page may be left open. */
const KEPT_MS = 24 * 60 * 60_000
/** Of one plugin: someone who saves every minute has no visitors. */
const MAX_RELEASES = 5
/** An artifact without a request meanwhile is closed. */
const IDLE_MS = 60_000

export interface FormerAsset {
  readonly artifact: ServedArtifact
  readonly asset: AssetEntry
}

export interface FormerAssets {
  /** Of the plugin, whose release that serves has no file of this name; undefined without one. */
  find(plugin: ServingPlugin, name: string): Promise<FormerAsset | undefined>
}

export interface FormerAssetsParts {
  readonly live: Pick<LivePlugins, 'subscribe'>
  /** Rejects for an artifact that has been deleted. */
  readonly open: (sha256: string) => Promise<Artifact>
  /** Milliseconds. */
  readonly now: () => number
  /** Closes what is open. */
  readonly ending: AbortSignal
}

interface Former {
  readonly sha256: string
  readonly generation: string
  readonly until: number
}

interface Opened {
  readonly artifact: Promise<Artifact>
  timer: NodeJS.Timeout
}

export function createFormerAssets({ live, open, now, ending }: FormerAssetsParts): FormerAssets {
  const former = new Map<string, readonly Former[]>()
  const opened = new Map<string, Opened>()

  live.subscribe(({ added, removed }) => {
    for (const { id, artifact, generation } of removed) {
      const { sha256 } = artifact
      const others = (former.get(id) ?? []).filter((each) => each.sha256 !== sha256 && each.until > now())
      former.set(id, [{ sha256, generation, until: now() + KEPT_MS }, ...others].slice(0, MAX_RELEASES))
    }
    // What serves again is not looked for.
    for (const { id, artifact } of added) {
      const others = former.get(id)?.filter(({ sha256 }) => sha256 !== artifact.sha256) ?? []
      if (others.length === 0) former.delete(id)
      else former.set(id, others)
    }
  })

  function close(sha256: string): void {
    const known = opened.get(sha256)
    opened.delete(sha256)
    clearTimeout(known?.timer)
    // One that could not be opened has been answered with "not found".
    known?.artifact.then((artifact) => artifact.close()).catch(() => undefined)
  }

  async function artifactOf(sha256: string): Promise<Artifact> {
    const known = opened.get(sha256)
    if (known !== undefined) {
      known.timer.refresh()
      return await known.artifact
    }
    const made = { artifact: open(sha256), timer: setTimeout(() => close(sha256), IDLE_MS).unref() }
    opened.set(sha256, made)
    return await made.artifact
  }

  ending.addEventListener('abort', () => {
    former.clear()
    for (const sha256 of opened.keys()) close(sha256)
  })

  return {
    async find({ id, generation }, name) {
      for (const each of former.get(id) ?? []) {
        if (each.generation !== generation || each.until <= now()) continue
        // Deleted with its release, which is no longer kept.
        const artifact = await artifactOf(each.sha256).catch(() => undefined)
        const asset = artifact?.asset(name)
        if (artifact !== undefined && asset?.immutable === true && !asset.page) return { artifact, asset }
      }
      return undefined
    },
  }
}
