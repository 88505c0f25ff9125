// The rendered files of the application, live: rendered again when a plugin, a value or an order has changed.
// Invariants: one rendering at a time, each of what serves then; with any problem the folder is as it was; nothing is written before
// all plugins have had their chance to start.

import type { PatchView, RenderedFile, RenderedFiles, RenderReport } from '../../sdk/api/templates.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { Orders } from '../contributions/orders.ts'
import { patchedPoints, patchesAt, patchWarnings } from '../contributions/patches.ts'
import type { LiveValues } from '../contributions/values.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { createSecretMask, type SecretMask } from '../secrets/secret-mask.ts'
import { SerialQueue } from '../serial-queue.ts'
import { type EnvironmentFile, EnvironmentFolder } from '../templates/environment-folder.ts'
import type { PointUse, TemplateProblem } from '../templates/format/engine-calls.ts'
import { isBinary } from '../templates/format/file-rules.ts'
import { lineDiff } from '../templates/line-diff.ts'
import type { TemplateEngine } from '../templates/template-engine.ts'
import { checkFiles } from './check-files.ts'
import { gatherJob } from './gather-job.ts'

/** What an application has of its templates. */
export interface HostTemplatesApi {
  /** Renders and writes now. With problems nothing has been written. Rejects with TEMPLATES_NOT_WRITTEN. */
  render(): Promise<RenderReport>
  /** What rendering would change now, with differences; secrets are masked. */
  compare(): Promise<RenderedFiles>
  /** All places for patches, with the plugins that have one, in order. */
  patches(): Promise<readonly PatchView[]>
  /** The last rendering; null before the first one, and without "templates.output". */
  readonly last: RenderReport | null
  /** When what has changed until now is rendered. */
  settled(): Promise<void>
  /** Calls `listener` after every rendering. Returns the function that unsubscribes. */
  subscribe(listener: (report: RenderReport) => void): () => void
}

export interface LiveTemplatesParts {
  readonly host: Pick<HostDeclaration, 'templates'>
  readonly engine: Pick<TemplateEngine, 'points' | 'render'>
  readonly live: Pick<LivePlugins, 'subscribe'>
  readonly contributors: Contributors
  readonly orders: Pick<Orders, 'of' | 'subscribe'>
  readonly values: Pick<LiveValues, 'layered' | 'render' | 'subscribe'>
  readonly log: Pick<Log, 'error' | 'info' | 'warn'>
}

interface Rendered {
  readonly files: readonly EnvironmentFile[]
  readonly points: readonly PointUse[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly mask: SecretMask
}

export class LiveTemplates implements HostTemplatesApi {
  readonly #parts: LiveTemplatesParts
  readonly #folder: EnvironmentFolder | undefined
  readonly #queue = new SerialQueue()
  readonly #listeners = new Set<(report: RenderReport) => void>()
  #stops: readonly (() => void)[] = []
  #places: ReadonlySet<string> | undefined
  #last: RenderReport | null = null
  /** A rendering that waits sees all changes until it begins. */
  #isWaiting = false
  #isClosed = false

  constructor(parts: LiveTemplatesParts) {
    this.#parts = parts
    const output = parts.host.templates?.output
    this.#folder = output === undefined ? undefined : new EnvironmentFolder(output)
  }

  get last(): RenderReport | null {
    return this.#last
  }

  /** Begins to follow changes, and renders. Does nothing without a folder for the files. */
  async start(): Promise<void> {
    if (this.#folder === undefined) return
    await this.#folder.recover()
    const { live, orders, values } = this.#parts
    this.#stops = [
      live.subscribe(() => this.#later()),
      orders.subscribe((points) => {
        if (points.some(({ kind }) => kind === 'patches')) this.#later()
      }),
      values.subscribe(() => this.#later()),
    ]
    this.#later()
  }

  render(): Promise<RenderReport> {
    return this.#queue.run(() => this.#write())
  }

  async compare(): Promise<RenderedFiles> {
    return await this.#queue.run(async () => {
      const { files, problems, warnings, mask } = await this.#renderAll()
      const folder = this.#folder
      if (folder === undefined || problems.length > 0)
        return {
          items: [],
          problems: [...problems],
          warnings: [...warnings],
          last: this.#last,
          nextCursor: null,
        }
      const changes = new Map((await folder.plan(files)).map((change) => [change.path, change]))
      const same = files
        .filter(({ path }) => !changes.has(path))
        .map(({ path, owner }): RenderedFile => ({ path, owner, state: 'same', diff: null }))
      const changed = [...changes.values()].map(({ path, owner, change, bytes, before }): RenderedFile => {
        const texts = [before ?? new Uint8Array(0), bytes ?? new Uint8Array(0)]
        const [old = '', next = ''] = texts.map((each) => mask(Buffer.from(each).toString()))
        const isText = !texts.some((each) => isBinary(path, each))
        return { path, owner, state: change, diff: isText ? lineDiff(old, next) : null }
      })
      const items = [...same, ...changed].toSorted((a, b) => (a.path < b.path ? -1 : 1))
      return { items, problems: [], warnings: [...warnings], last: this.#last, nextCursor: null }
    })
  }

  async patches(): Promise<readonly PatchView[]> {
    const { contributors, orders } = this.#parts
    const { points } = await this.#queue.run(() => this.#gather())
    const used = Map.groupBy(points, ({ point }) => point)
    const names = [...new Set([...used.keys(), ...patchedPoints(contributors.plugins())])].toSorted()
    return names.map((name) => ({
      name,
      uses: (used.get(name) ?? []).map(({ file, patch, plugin, line }) => ({
        file: file ?? null,
        patch: patch ?? null,
        plugin: plugin ?? null,
        line,
      })),
      contributors: patchesAt(name, contributors).map(({ plugin: { id }, text }) => ({ plugin: id, text })),
      order: [...orders.of('patches', name)],
    }))
  }

  /** Patches of a plugin that no template has a place for. Empty before the first rendering. */
  warningsOf(manifest: Parameters<typeof patchWarnings>[0]): readonly Problem[] {
    return this.#places === undefined ? [] : patchWarnings(manifest, this.#places)
  }

  /** One template, by its name, with all values and patches; nothing is written. Rejects with TEMPLATES_INVALID. */
  async textOf(name: string): Promise<string> {
    const { job, problems } = await this.#queue.run(() => this.#gather())
    const { texts, problems: failed } = await this.#parts.engine.render({ ...job, wanted: [name] })
    const text = texts.get(name)
    if (text !== undefined && problems.length === 0) return text
    const [first] = [...problems, ...failed]
    throw new PlugbayError('TEMPLATES_INVALID', first?.message ?? `"${name}" is no text in UTF-8`)
  }

  async settled(): Promise<void> {
    await this.#queue.run(async () => undefined)
  }

  subscribe(listener: (report: RenderReport) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What has been rendered stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
    await this.settled()
  }

  #later(): void {
    if (this.#isWaiting || this.#isClosed) return
    this.#isWaiting = true
    this.#queue
      .run(async () => {
        this.#isWaiting = false
        if (!this.#isClosed) await this.#write()
      })
      .catch((error: unknown) =>
        this.#parts.log.error({ error: String(error) }, 'templates were not rendered'),
      )
  }

  async #write(): Promise<RenderReport> {
    const { log } = this.#parts
    const folder = this.#folder
    if (folder === undefined)
      throw new PlugbayError('TEMPLATES_NOT_WRITTEN', 'The application declares no "templates.output"')
    const { files, problems, warnings } = await this.#renderAll()
    const changes = problems.length > 0 ? [] : [...(await folder.apply(files))]
    const report: RenderReport = {
      at: new Date().toISOString(),
      isWritten: problems.length === 0,
      files: files.length,
      changes,
      problems: [...problems],
      warnings: [...warnings],
    }
    this.#last = report
    if (problems.length > 0)
      log.warn({ problems: problems.map(({ message }) => message) }, 'templates cannot be rendered')
    else if (changes.length > 0)
      log.info({ files: changes.map(({ path, change }) => `${change} ${path}`) }, 'templates were rendered')
    for (const listener of this.#listeners) {
      try {
        listener(report)
      } catch (error) {
        log.error({ error: String(error) }, 'the application failed to follow its templates')
      }
    }
    return report
  }

  async #gather() {
    const { contributors, engine, host, values } = this.#parts
    const { rendered } = await values.render()
    const secret = [...values.layered.values.values()].filter(({ secrecy }) => secrecy !== 'open')
    const gathered = await gatherJob({
      folder: host.templates?.folder,
      ...{ contributors, values: rendered, secret: new Set(secret.map(({ name }) => name)) },
    })
    const points = await engine.points(gathered.job)
    this.#places = new Set(points.map(({ point }) => point))
    const mask = createSecretMask(
      new Map(
        secret.flatMap(({ name }) => {
          const value = rendered[name]
          return typeof value === 'string' && value !== '' ? [[name, value]] : []
        }),
      ),
    )
    return { ...gathered, points, mask }
  }

  async #renderAll(): Promise<Rendered> {
    const { engine, host, contributors } = this.#parts
    const { job, copies, targets, mask, points, ...found } = await this.#gather()
    const warnings = [
      ...found.warnings,
      ...contributors.plugins().flatMap(({ manifest }) => this.warningsOf(manifest)),
    ]
    const problems = [...found.problems]
    const { texts, problems: failed } = await engine.render(job)
    problems.push(...failed.map(toProblem))
    if (problems.length === 0)
      problems.push(...(await checkFiles({ job, texts, checks: host.templates?.checks ?? {}, engine })))
    const files = [...texts].map(([name, text]) => ({
      path: targets.get(name) ?? name,
      bytes: Buffer.from(text),
      owner: job.templates[name]?.owner ?? 'host',
    }))
    return { files: [...files, ...copies], points, problems, warnings, mask }
  }
}

function toProblem({ message, file, line, owner }: TemplateProblem): Problem {
  const isOfPlugin = owner !== undefined && owner !== 'host' && owner !== 'user'
  return {
    code: 'TEMPLATES_INVALID',
    message,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(isOfPlugin && { hint: `Correct "${owner}", or disable it` }),
  }
}
