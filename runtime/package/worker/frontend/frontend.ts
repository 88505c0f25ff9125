// Prepares the frontend of a package for serving: its index page, copies with relative references, cacheable names.
// Invariant: the author's files stay unchanged; everything derived from them is listed separately.

import type { Problem } from '../../../../sdk/api/problems.ts'
import { type FrontendLayout, frontendLayout } from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { type Text, textIn } from '../../../../sdk/manifest/text.ts'
import type { DerivedPage, FrontendIndex, PageUse } from '../../format/artifact-format.ts'
import { isHashedName } from '../../format/hashed-names.ts'
import { isPageType, mediaTypeOf } from '../../format/media-types.ts'
import type { PackageFiles } from '../../types.ts'
import { type FrontendNames, frontendNames } from './frontend-names.ts'
import { relativeCss, scanPage } from './html-references.ts'
import { generateIndex } from './index-page.ts'
import { planBundles } from './plan-bundles.ts'
import { scriptWarning } from './script-references.ts'
import { readViteManifest, type ViteBuild } from './vite-manifest.ts'

/** Enough to find every place: an author fixes one setting, not a hundred lines. */
const MAX_WARNINGS = 20

/** Names below the frontend root that are reserved for the server. */
const RESERVED = ['api', '.plugbay']

/** Bytes served in place of an asset, or in addition to it. */
export interface DerivedAsset {
  readonly path: string
  readonly use: PageUse
  readonly bytes: Uint8Array
}

export interface FrontendPlan {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** null for a package without a frontend. */
  readonly index: FrontendIndex | null
  /** Assets as shipped, by their path below the root. */
  readonly assets: ReadonlyMap<string, Uint8Array>
  readonly derived: readonly DerivedAsset[]
  readonly pages: readonly DerivedPage[]
}

export interface FrontendContext {
  readonly manifest: Pick<Manifest, 'frontend' | 'contributes'> & { readonly name?: Text }
  /** Whether the package has a backend, so that "/api/…" refers to it. */
  readonly backend: boolean
}

/** Checks and prepares the frontend. Never throws, whatever the files hold. */
export function planFrontend(files: PackageFiles, context: FrontendContext): FrontendPlan {
  const layout = frontendLayout(context.manifest)
  const assets = assetsBelow(files, layout.root)
  const asked = context.manifest.frontend !== undefined
  if (assets.size === 0) {
    const { contributes = {} } = context.manifest
    const viteManifest = `${layout.root}/${layout.viteManifests[0]}`
    const unbuilt = planBundles(contributes, { assets, build: undefined, viteManifest }).problems
    const problems = asked
      ? [missing(`There is no file in the frontend folder "${layout.root}"`, '/frontend/root')]
      : []
    return { problems: [...problems, ...unbuilt], warnings: [], index: null, assets, derived: [], pages: [] }
  }
  const work = new FrontendWork(layout, assets)
  work.checkReserved()
  const read = work.readBuild(context.manifest.frontend?.viteManifest !== undefined)
  const build = read === 'refused' ? undefined : read
  const index = work.findIndex(build, {
    asked: context.manifest.frontend?.index !== undefined,
    name: context.manifest.name,
  })
  if (layout.fallback !== null && layout.fallback !== index && !assets.has(layout.fallback)) {
    work.problems.push(
      missing(`The fallback page "${layout.fallback}" is not in the frontend folder`, '/frontend/fallback'),
    )
  }
  const { bundles, problems } = planBundles(context.manifest.contributes ?? {}, {
    assets,
    build: read,
    viteManifest: `${layout.root}/${layout.viteManifests[0]}`,
  })
  work.problems.push(...problems)
  const named = new Set(assets.keys())
  if (index !== null) named.add('index.html').add(index)
  work.scanAssets(frontendNames(named, context.backend))
  return {
    problems: work.problems,
    warnings: work.warnings.slice(0, MAX_WARNINGS),
    index: {
      root: layout.root,
      index,
      generated: index !== null && !assets.has(index),
      fallback: layout.fallback,
      immutable: [...assets.keys()].filter((path) => isHashedName(path, build?.files.has(path) ?? false)),
      bundles,
    },
    assets,
    derived: work.derived,
    pages: work.pages,
  }
}

class FrontendWork {
  readonly problems: Problem[] = []
  readonly warnings: Problem[] = []
  readonly derived: DerivedAsset[] = []
  readonly pages: DerivedPage[] = []
  readonly #layout: FrontendLayout
  readonly #assets: ReadonlyMap<string, Uint8Array>

  constructor(layout: FrontendLayout, assets: ReadonlyMap<string, Uint8Array>) {
    this.#layout = layout
    this.#assets = assets
  }

  checkReserved(): void {
    for (const name of RESERVED) {
      const hidden = [...this.#assets.keys()].find((path) => path === name || path.startsWith(`${name}/`))
      if (hidden === undefined) continue
      this.warnings.push({
        code: 'ENTRY_MISSING',
        message: `The file "${hidden}" cannot be reached: "${name}/" belongs to the server`,
        hint: 'Move it to another folder',
        file: this.#inPackage(hidden),
      })
    }
  }

  /** undefined without a manifest of Vite; "refused" when a problem has been added about it. */
  readBuild(asked: boolean): ViteBuild | 'refused' | undefined {
    const place = this.#layout.viteManifests.find((path) => this.#assets.has(path))
    const bytes = place === undefined ? undefined : this.#assets.get(place)
    if (place === undefined || bytes === undefined) {
      const wanted = this.#layout.viteManifests[0] ?? ''
      if (asked)
        this.problems.push(
          missing(`The Vite manifest "${wanted}" is not in the frontend folder`, '/frontend/viteManifest'),
        )
      return undefined
    }
    const file = this.#inPackage(place)
    const outcome = readViteManifest(Buffer.from(bytes).toString('utf8'), {
      file,
      assets: new Set(this.#assets.keys()),
    })
    if (outcome.ok) return outcome.build
    // A file that happens to be called manifest.json (of a web app, say) is not a mistake.
    if (!asked && !place.startsWith('.vite/')) return undefined
    this.problems.push(outcome.problem)
    return 'refused'
  }

  /** The index page, generated from the build if the author has none. */
  findIndex(
    build: ViteBuild | undefined,
    manifest: { readonly asked: boolean; readonly name: Text | undefined },
  ): string | null {
    const wanted = this.#layout.index
    if (this.#assets.has(wanted)) return wanted
    const entry = build?.entry ?? null
    if (build !== undefined && entry !== null && !manifest.asked) {
      const page = generateIndex(build, entry, textIn(manifest.name ?? 'Plugin', ['en']))
      const bytes = Buffer.from(page, 'utf8')
      this.derived.push({ path: wanted, use: 'own', bytes })
      this.#addPage(wanted, bytes.toString('latin1'), frontendNames(new Set(), false))
      return wanted
    }
    if (manifest.asked)
      this.problems.push(
        missing(`The index page "${wanted}" is not in the frontend folder`, '/frontend/index'),
      )
    return null
  }

  scanAssets(names: FrontendNames): void {
    for (const [path, bytes] of this.#assets) {
      const { type } = mediaTypeOf(path)
      // One character per byte: positions are byte offsets, and no byte is lost.
      const text = (): string =>
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
      if (isPageType(type)) this.#addPage(path, text(), names)
      else if (type.startsWith('text/css')) this.#addShared(path, relativeCss(path, text(), names))
      else if (type.startsWith('text/javascript'))
        this.#warn(scriptWarning(this.#inPackage(path), text(), names))
    }
  }

  #addPage(path: string, html: string, names: FrontendNames): void {
    const page = scanPage(path, html, names)
    this.pages.push({ path, use: 'own', ...page.places })
    if (page.relative !== undefined) {
      this.#addShared(path, page.relative)
      this.pages.push({ path, use: 'shared', ...scanPage(path, page.relative, names).places })
    }
    for (const script of page.scripts) {
      const found = scriptWarning(this.#inPackage(path), script.text, names)
      if (found === undefined) continue
      const linesBefore = html.slice(0, script.start).split('\n').length - 1
      const { column: _, ...rest } = found
      this.#warn({ ...rest, line: (found.line ?? 1) + linesBefore })
      break
    }
  }

  #addShared(path: string, text: string | undefined): void {
    if (text !== undefined) this.derived.push({ path, use: 'shared', bytes: Buffer.from(text, 'latin1') })
  }

  #warn(problem: Problem | undefined): void {
    if (problem !== undefined) this.warnings.push(problem)
  }

  #inPackage(path: string): string {
    return `${this.#layout.root}/${path}`
  }
}

function assetsBelow(files: PackageFiles, root: string): ReadonlyMap<string, Uint8Array> {
  const assets = new Map<string, Uint8Array>()
  const prefix = `${root}/`
  for (const [path, bytes] of files) if (path.startsWith(prefix)) assets.set(path.slice(prefix.length), bytes)
  return assets
}

function missing(message: string, pointer: string): Problem {
  return {
    code: 'ENTRY_MISSING',
    message,
    hint: 'Add the file, or correct its name; names are case-sensitive',
    file: 'manifest.json',
    pointer,
  }
}
