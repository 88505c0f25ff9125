// The values for the templates of the application, live: the application's, the operator's, and those of plugins that serve.
// Invariant: worked out again at each change of a source; what a plugin adds is made once, stored, and only then counts.

import type { Actor, Store } from '../../plugin-store/store.ts'
import type { Value, ValueChanges } from '../../sdk/api/values.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { isErrorCode, PlugbayError, type Problem } from '../errors.ts'
import type { Log } from '../log.ts'
import { SerialQueue } from '../serial-queue.ts'
import {
  type KeptValue,
  type LayeredValues,
  layerValues,
  type MissingValue,
  type ValueWarning,
} from '../values/layers.ts'
import type { OperatorValues } from '../values/operator-values.ts'
import { ownedValues, type RenderedValues, type RenderValues } from '../values/render-values.ts'
import { checkChanges } from '../values/value-changes.ts'
import { meantName, shownName, valueName } from '../values/value-names.ts'
import { valueViews } from '../values/value-views.ts'
import type { Contributors } from './contributors.ts'
import type { LivePlugins } from './live-plugins.ts'
import type { Orders } from './orders.ts'

export interface ValuesParts {
  readonly host: Pick<HostDeclaration, 'id' | 'templates'>
  readonly operator: OperatorValues
  readonly live: Pick<LivePlugins, 'subscribe'>
  readonly contributors: Contributors
  readonly orders: Pick<Orders, 'subscribe'>
  readonly store: Pick<Store, 'values'>
  readonly render: RenderValues
  readonly log: Pick<Log, 'error'>
}

/** What the application has of the values for its templates. */
export interface HostValues {
  /** Rendered, secrets too. Rejects with VALUE_UNKNOWN, and with the problem of one that cannot be rendered. */
  get(name: string): Promise<unknown>
  /** All that can be rendered, by name, secrets too. */
  all(): Promise<Readonly<Record<string, unknown>>>
  /** With sources, owners and problems, as the admin API shows them: without secrets. */
  list(): Promise<readonly Value[]>
  /** Conflicts between plugins, unknown names, values that cannot be made. */
  readonly problems: readonly Problem[]
  /** All changes or none. Resolves with the names that differ. Rejects with VALUES_INVALID, VALUE_UNKNOWN, SECRETS_KEY_UNUSABLE. */
  change(changes: ValueChanges, actor: string): Promise<readonly string[]>
  /** Calls `listener` after every change, with the names of values that are written otherwise. Returns the function that unsubscribes. */
  subscribe(listener: (names: readonly string[]) => void): () => void
}

interface Stored {
  /** Of the administrator. */
  readonly values: ReadonlyMap<string, unknown>
  readonly kept: readonly KeptValue[]
  /** Sealed ones that cannot be read. */
  readonly problems: readonly ValueWarning[]
}

export class LiveValues implements HostValues {
  readonly #parts: ValuesParts
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  readonly #stops: readonly (() => void)[]
  /** One change, or one value that is made, at a time. */
  readonly #queue = new SerialQueue()
  #stored: Stored
  #now: LayeredValues
  /** Why values could not be made, by plugin and key; of the sources of now. */
  #failed = new Map<string, ValueWarning>()
  #rendered: { readonly of: LayeredValues; readonly result: Promise<RenderedValues> } | undefined
  /** Of the last rendering, by name. */
  #unrendered: ReadonlyMap<string, Problem> = new Map()
  #isClosed = false

  static async open(parts: ValuesParts): Promise<LiveValues> {
    return new LiveValues(parts, await readStored(parts))
  }

  private constructor(parts: ValuesParts, stored: Stored) {
    this.#parts = parts
    this.#stored = stored
    this.#now = this.#layer()
    this.#stops = [
      parts.live.subscribe(({ added, removed }) => {
        if ([...added, ...removed].some(({ manifest }) => manifest.values !== undefined)) this.#update()
      }),
      parts.orders.subscribe((points) => {
        if (points.some(({ kind }) => kind === 'values')) this.#update()
      }),
    ]
  }

  /** As they are written; another object after each change. */
  get layered(): LayeredValues {
    return this.#now
  }

  get problems(): readonly Problem[] {
    return this.#warnings.map(({ problem }) => problem)
  }

  /** Those that the plugin is part of, and those of its own values. */
  problemsOf(pluginId: string): readonly Problem[] {
    const own = [...this.#unrendered].flatMap(([name, problem]) =>
      this.#now.values.get(name)?.by === pluginId ? [problem] : [],
    )
    return [...this.#warnings.flatMap(({ by, problem }) => (by.includes(pluginId) ? [problem] : [])), ...own]
  }

  async get(name: string): Promise<unknown> {
    const { rendered, problems } = await this.render()
    if (Object.hasOwn(rendered, name)) return rendered[name]
    const problem = problems.get(name) ?? this.#failureOf(name) ?? this.#unknown(name)
    throw new PlugbayError(problem.code, problem.message, { problems: [problem] })
  }

  async all(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.render()).rendered
  }

  async list(): Promise<readonly Value[]> {
    const rendered = await this.render()
    return valueViews(this.#now.values.values(), rendered)
  }

  /** Of now, when everything is made that can be. */
  async render(): Promise<RenderedValues> {
    await this.settled()
    const of = this.#now
    if (this.#rendered?.of !== of) {
      const result = this.#parts.render(ownedValues(of.values))
      this.#rendered = { of, result }
      // An engine that failed is asked again.
      result.catch(() => {
        if (this.#rendered?.result === result) this.#rendered = undefined
      })
    }
    const result = await this.#rendered.result
    if (this.#now === of) this.#unrendered = result.problems
    return result
  }

  /** When the values are made that plugins add. */
  async settled(): Promise<void> {
    await this.#queue.run(async () => undefined)
  }

  async change(changes: ValueChanges, actor: Actor): Promise<readonly string[]> {
    const names = await this.#queue.run(async () => {
      const { host, store } = this.#parts
      const before = this.#now
      const { values, dropped } = checkChanges(changes, { stored: this.#stored.values, layered: before })
      const secrets = new Set(Object.keys(values).filter((name) => isSecret(name, before, host)))
      const action = 'values.set'
      if (Object.keys(values).length > 0)
        await store.values.setOfHost(
          host.id,
          { values, secrets },
          { actor, action, detail: { keys: Object.keys(values) } },
        )
      for (const [pluginId, keys] of this.#keptAs(dropped))
        await store.values.drop(pluginId, keys, { actor, action: 'values.renew', detail: { keys } })
      await this.#readStored()
      return [...Object.keys(values), ...dropped]
    })
    await this.settled()
    return names
  }

  /** Takes over what the store has: when plugins were forgotten or replaced. */
  async read(): Promise<void> {
    await this.#queue.run(() => this.#readStored())
  }

  subscribe(listener: (names: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
    await this.settled()
  }

  get #warnings(): readonly ValueWarning[] {
    return [...this.#now.warnings, ...this.#stored.problems, ...this.#failed.values()]
  }

  #layer(): LayeredValues {
    const { host, operator, contributors } = this.#parts
    return layerValues({
      host: { id: host.id, defaults: operator.defaults, secrets: host.templates?.secrets ?? [] },
      environment: operator.environment,
      stored: this.#stored.values,
      kept: this.#stored.kept,
      plugins: contributors.of('values', host.id).flatMap(({ id, plugin: { manifest } }) => {
        return manifest.values === undefined ? [] : [{ id, values: manifest.values }]
      }),
    })
  }

  #update(): void {
    const before = this.#now
    this.#now = this.#layer()
    this.#failed = new Map()
    if (this.#now.missing.length > 0)
      this.#queue
        .run(() => this.#make())
        .catch((error: unknown) => this.#parts.log.error({ error: String(error) }, 'values were not made'))
    const names = new Set([...before.values.keys(), ...this.#now.values.keys()])
    const changed = [...names].filter(
      (name) => textOf(before.values.get(name)) !== textOf(this.#now.values.get(name)),
    )
    if (changed.length > 0) this.#tell(changed)
  }

  /** All at once, since they may name each other; those that cannot be made are tried again when others are there. */
  async #make(): Promise<void> {
    for (;;) {
      const open = this.#now.missing.filter((each) => !this.#failed.has(keyOf(each)))
      if (open.length === 0 || this.#isClosed) return
      const made = await this.#makeAll(open).catch((error: unknown) => {
        for (const each of open) this.#fail(each, problemOf(error))
        return 0
      })
      if (made > 0) await this.#readStored()
    }
  }

  /** Resolves with the number of those that are kept now. */
  async #makeAll(open: readonly MissingValue[]): Promise<number> {
    const values = new Map(ownedValues(this.#now.values))
    for (const { name, template, pluginId } of open) values.set(name, { value: template, owner: pluginId })
    const { rendered, problems } = await this.#parts.render(values)
    let made = 0
    for (const each of open) {
      const { pluginId, key, name, isSecret } = each
      const secrets = new Set(isSecret ? [key] : [])
      const problem =
        problems.get(name) ??
        (await this.#parts.store.values
          .keep(pluginId, { values: { [key]: rendered[name] }, secrets })
          .then(() => undefined, problemOf))
      if (problem === undefined) made++
      else this.#fail(each, problem)
    }
    return made
  }

  #fail(missing: MissingValue, problem: Problem): void {
    this.#failed.set(keyOf(missing), { by: [missing.pluginId], problem: notMade(missing, problem) })
  }

  async #readStored(): Promise<void> {
    this.#stored = await readStored(this.#parts)
    this.#update()
  }

  /** Keys of kept values by plugin. */
  #keptAs(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>()
    for (const { pluginId, key } of this.#stored.kept)
      if (names.includes(valueName(pluginId, key))) found.set(pluginId, [...(found.get(pluginId) ?? []), key])
    return found
  }

  #failureOf(name: string): Problem | undefined {
    const missing = this.#now.missing.find((each) => each.name === name)
    return missing && this.#failed.get(keyOf(missing))?.problem
  }

  #unknown(name: string): Problem {
    const hint = meantName(name, this.#now.values.keys())
    return {
      code: 'VALUE_UNKNOWN',
      message: `There is no value "${shownName(name)}"`,
      ...(hint !== undefined && { hint }),
    }
  }

  #tell(names: readonly string[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(names)
      } catch (error) {
        this.#parts.log.error({ error: String(error) }, 'the application failed to follow its values')
      }
    }
  }
}

async function readStored({ host, store }: Pick<ValuesParts, 'host' | 'store'>): Promise<Stored> {
  const [own, kept] = await Promise.all([store.values.ofHost(host.id), store.values.kept()])
  const unreadable = [
    ...own.map((row) => ({ ...row, name: row.key, by: [] })),
    ...kept.map((row) => ({ ...row, name: valueName(row.pluginId, row.key), by: [row.pluginId] })),
  ].flatMap(({ name, by, unreadable }): readonly ValueWarning[] =>
    unreadable === undefined
      ? []
      : [
          {
            by,
            problem: {
              code: 'SECRETS_KEY_UNUSABLE',
              message: `The value "${name}" cannot be read: ${unreadable}`,
            },
          },
        ],
  )
  return {
    values: new Map(
      own.flatMap(({ key, value, unreadable }) => (unreadable === undefined ? [[key, value]] : [])),
    ),
    kept: kept.map(({ pluginId, key, value, isSealed }) => ({ pluginId, key, value, isSecret: isSealed })),
    problems: unreadable,
  }
}

function isSecret(name: string, { values, missing }: LayeredValues, host: ValuesParts['host']): boolean {
  return (
    values.get(name)?.secrecy === 'secret' ||
    missing.some((each) => each.name === name && each.isSecret) ||
    (host.templates?.secrets ?? []).includes(name)
  )
}

/** Of the store: its errors have codes, too. */
function problemOf(error: unknown): Problem {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  const message = error instanceof Error ? error.message : String(error)
  return { code: isErrorCode(code) ? code : 'INTERNAL', message }
}

function notMade({ name, pluginId }: MissingValue, problem: Problem): Problem {
  return {
    ...problem,
    message: `The value "${shownName(name)}", which "${pluginId}" adds, cannot be made: ${problem.message}`,
  }
}

function keyOf({ pluginId, key }: MissingValue): string {
  return `${pluginId} ${key}`
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
