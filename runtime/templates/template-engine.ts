// The template process, as the runtime sees it: renders values and templates, which plugins wrote, with Jinja's syntax.
// Invariants: the runtime reads no template; one job at a time, each step with a deadline; a text that hangs or breaks the
// process costs only itself, and is named. Without work there is no process.

import { childEntry } from '../bundles/children.ts'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { WorkerClient } from '../processes/worker-client.ts'
import { SerialQueue } from '../serial-queue.ts'
import { pointsOf, renderReplyOf, valuesReplyOf } from './engine-replies.ts'
import {
  type JobBody,
  type JsonValue,
  MAX_JOB_BYTES,
  MAX_TEXT_BYTES,
  type OwnedValue,
  type PatchText,
  type PointUse,
  type TemplateCall,
  type TemplateProblem,
} from './format/engine-calls.ts'

export interface TemplateEngineOptions {
  readonly log: Log
  /** None by default. */
  readonly jail?: Jail | undefined
  /** How long the process is kept after a job, in milliseconds; default 30,000. */
  readonly idleMs?: number
  /** How long one template may take, in milliseconds; default 5,000. */
  readonly deadlineMs?: number
}

export interface RenderedValues {
  /** Without those that have a problem. */
  readonly rendered: Readonly<Record<string, JsonValue>>
  readonly problems: readonly TemplateProblem[]
}

export interface RenderedTexts {
  /** By path; without those that have a problem. */
  readonly texts: ReadonlyMap<string, string>
  readonly problems: readonly TemplateProblem[]
}

/** For the start of the process, and for all templates that fit into one answer. */
const BATCH_MS = 30_000
/** How often a job may end the process; then the rest of it is not rendered. */
const MAX_ENDS = 5

export class TemplateEngine {
  readonly #worker: WorkerClient
  readonly #queue = new SerialQueue()
  readonly #idleMs: number
  readonly #deadlineMs: number
  #idle: NodeJS.Timeout | undefined

  constructor({ log, jail, idleMs = 30_000, deadlineMs = 5000 }: TemplateEngineOptions) {
    this.#idleMs = idleMs
    this.#deadlineMs = deadlineMs
    this.#worker = new WorkerClient({
      name: 'template',
      entry: childEntry('template'),
      // 128 MiB for the engine: its own limits do not count bytes.
      rights: { heapMb: 128, wasmPages: 2048 },
      jail,
      log,
    })
  }

  /** Process id; undefined between jobs that are far apart. */
  get pid(): number | undefined {
    return this.#worker.pid
  }

  /**
   * Renders values: every text inside is a template that may name other values. A circle is a problem of each of its values.
   * Rejects with PROCESS_CRASHED when the process cannot be started.
   */
  renderValues(values: Readonly<Record<string, OwnedValue>>): Promise<RenderedValues> {
    return this.#queue.run(() => this.#busy(() => this.#renderValues(values)))
  }

  /** Renders the wanted templates with values that are rendered. Rejects as renderValues(). */
  render(job: JobBody): Promise<RenderedTexts> {
    return this.#queue.run(() => this.#busy(() => this.#render(job)))
  }

  /** Where templates and patches name patch points, whether or not a rendering reaches them. Rejects as renderValues(). */
  points(job: Pick<JobBody, 'templates' | 'patches'>): Promise<readonly PointUse[]> {
    return this.#queue.run(() =>
      this.#busy(async () => {
        const { body } = withoutTooLong({ ...job, values: {}, wanted: [] })
        if (Object.keys({ ...body.templates, ...body.patches }).length === 0) return []
        await this.#begin(body)
        const { head } = await this.#ask({ method: 'points' }, { deadlineMs: BATCH_MS })
        return this.#checked(pointsOf(head))
      }),
    )
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    await this.#worker.close()
  }

  async #busy<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle)
    try {
      return await work()
    } finally {
      this.#idle = setTimeout(() => this.#worker.kill('nothing to do'), this.#idleMs).unref()
    }
  }

  async #renderValues(values: Readonly<Record<string, OwnedValue>>): Promise<RenderedValues> {
    if (Object.keys(values).length === 0) return { rendered: {}, problems: [] }
    const all = JSON.stringify({ values })
    if (Buffer.byteLength(all) > MAX_JOB_BYTES)
      return {
        rendered: {},
        problems: [{ message: `The values are larger than ${MAX_JOB_BYTES} bytes together` }],
      }
    const attempt = async (
      part: Readonly<Record<string, OwnedValue>>,
    ): Promise<RenderedValues | undefined> => {
      try {
        const reply = await this.#ask(
          { method: 'values' },
          { deadlineMs: this.#deadlineMs, body: JSON.stringify({ values: part }) },
        )
        const { broken, problems, rendered } = this.#checked(valuesReplyOf(reply.head, reply.body))
        if (broken) this.#worker.kill('the engine has failed')
        return { rendered, problems }
      } catch (error) {
        if (!isEnd(error)) throw error
        return undefined
      }
    }
    await this.#begin({ values: {}, templates: {}, patches: {}, wanted: [] })
    const whole = await attempt(values)
    if (whole !== undefined) return whole
    // Some values hang: those of each owner are tried alone.
    const problems: TemplateProblem[] = []
    const good: Record<string, OwnedValue> = {}
    for (const [owner, own] of Map.groupBy(Object.entries(values), ([, value]) => value.owner)) {
      await this.#begin({ values: {}, templates: {}, patches: {}, wanted: [] })
      if ((await attempt(Object.fromEntries(own))) !== undefined) Object.assign(good, Object.fromEntries(own))
      else problems.push({ message: `The values of ${owner} take too long to render`, owner })
    }
    await this.#begin({ values: {}, templates: {}, patches: {}, wanted: [] })
    const rest = await attempt(good)
    if (rest === undefined)
      return { rendered: {}, problems: [{ message: 'The values take too long to render' }] }
    return { rendered: rest.rendered, problems: [...problems, ...rest.problems] }
  }

  async #render(job: JobBody): Promise<RenderedTexts> {
    const { body, problems: tooLong } = withoutTooLong(job)
    const problems = [...tooLong]
    const texts = new Map<string, string>()
    const { wanted } = body
    if (wanted.length === 0) return { texts, problems }
    let ends = 0
    let count = wanted.length
    await this.#begin(body)
    for (let from = 0; from < wanted.length; ) {
      if (ends >= MAX_ENDS) {
        const message = 'Not rendered, since other templates took too much time or memory'
        problems.push(...wanted.slice(from).map((file) => ({ message: `${message}: '${file}'`, file })))
        break
      }
      const deadlineMs = count === 1 ? this.#deadlineMs : BATCH_MS
      try {
        const reply = await this.#ask({ method: 'render', from, count }, { deadlineMs })
        const { files, broken } = this.#checked(
          renderReplyOf(reply.head, { body: reply.body, wanted: wanted.slice(from) }),
        )
        for (const { path, text, problems: found } of files) {
          if (found.length === 0) texts.set(path, text)
          problems.push(...found)
        }
        from += files.length
        if (!broken) continue
        ends++
        this.#worker.kill('the engine has failed')
      } catch (error) {
        if (!isEnd(error)) throw error
        // One after the other, to find the one that hangs.
        if (count === 1) {
          ends++
          problems.push(await this.#blame(body, wanted[from] ?? ''))
          from++
        }
        count = 1
      }
      await this.#begin(body)
    }
    return { texts, problems }
  }

  /** Who is at fault for a template that ends the process: a patch that ends it alone, else the template. */
  async #blame(job: JobBody, file: string): Promise<TemplateProblem> {
    const owner = job.templates[file]?.owner ?? 'host'
    const said = 'takes too long to render'
    const plugins = new Set(Object.values(job.patches).flatMap((texts) => texts.map(({ plugin }) => plugin)))
    if (await this.#ends({ ...job, patches: {}, wanted: [file] }))
      return { message: `The template '${file}' ${said}`, file, owner }
    for (const plugin of plugins) {
      const patches = patchesOf(job.patches, (each) => each === plugin)
      if (await this.#ends({ ...job, patches, wanted: [file] }))
        return { message: `A patch of plugin ${plugin} in '${file}' ${said}`, file, owner: plugin }
    }
    return { message: `The template '${file}' with its patches ${said}`, file, owner }
  }

  async #ends(job: JobBody): Promise<boolean> {
    await this.#begin(job)
    try {
      await this.#ask({ method: 'render', from: 0, count: 1 }, { deadlineMs: this.#deadlineMs })
      return false
    } catch (error) {
      if (!isEnd(error)) throw error
      return true
    }
  }

  async #begin(job: JobBody): Promise<void> {
    await this.#ask({ method: 'begin' }, { deadlineMs: BATCH_MS, body: JSON.stringify(job) })
  }

  #ask(call: TemplateCall, { deadlineMs, body }: { readonly deadlineMs: number; readonly body?: string }) {
    return this.#worker.call(
      JSON.stringify(call),
      body === undefined ? undefined : Buffer.from(body),
      deadlineMs,
    )
  }

  #checked<T>(reply: T | undefined): T {
    if (reply !== undefined) return reply
    this.#worker.kill('an answer was not as agreed')
    throw new PlugbayError('PROCESS_CRASHED', 'The template process gave an answer that was not as agreed')
  }
}

/** The patches of some plugins. */
export function patchesOf(
  patches: JobBody['patches'],
  isWanted: (plugin: string) => boolean,
): Record<string, readonly PatchText[]> {
  return Object.fromEntries(
    Object.entries(patches).map(([point, texts]) => [point, texts.filter(({ plugin }) => isWanted(plugin))]),
  )
}

function isEnd(error: unknown): boolean {
  return error instanceof PlugbayError && (error.code === 'DEADLINE' || error.code === 'PROCESS_CRASHED')
}

/** Leaves out what is too long, with a problem for each. */
function withoutTooLong(job: JobBody): { readonly body: JobBody; readonly problems: TemplateProblem[] } {
  const problems: TemplateProblem[] = []
  let room = MAX_JOB_BYTES
  const fits = (text: string, problem: TemplateProblem): boolean => {
    const bytes = Buffer.byteLength(text)
    if (bytes > MAX_TEXT_BYTES)
      problems.push({ ...problem, message: `${problem.message} is longer than ${MAX_TEXT_BYTES} bytes` })
    else if (bytes > room)
      problems.push({
        ...problem,
        message: `${problem.message} is more than fits: ${MAX_JOB_BYTES} bytes of templates`,
      })
    else {
      room -= bytes
      return true
    }
    return false
  }
  const patches = Object.entries(job.patches).map(([point, texts]): [string, readonly PatchText[]] => [
    point,
    texts.filter(({ plugin, text }) =>
      fits(text, { message: `The patch '${point}' of plugin ${plugin}`, patch: point, owner: plugin }),
    ),
  ])
  const templates = Object.entries(job.templates).filter(([file, { text, owner }]) =>
    fits(text, { message: `The template '${file}'`, file, owner }),
  )
  const left = new Set(templates.map(([file]) => file))
  const wanted = job.wanted.filter((file) => left.has(file) || !Object.hasOwn(job.templates, file))
  return {
    body: { ...job, templates: Object.fromEntries(templates), patches: Object.fromEntries(patches), wanted },
    problems,
  }
}
