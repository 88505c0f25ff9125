// The engine behind all templates of a process: minijinja, bounded, and with its faults turned into problems.
// Invariants: no callback throws into the engine, which would break it; no callback renders in the environment that called it:
// each depth of patches and values has its own.

import { Environment } from 'minijinja-js'
import { FUEL, MAX_DEPTH, MAX_TEXT_BYTES } from '../format/engine-calls.ts'
import { FILTERS, type Filter } from './filters.ts'
import { type Guarded, guard, MISSING_FUNCTION, PRINT_FUNCTION, type Use } from './guarded.ts'
import { lineOfUse, missingName, type Place, Problems, problemAt } from './places.ts'
import { pythonText } from './python-text.ts'

export interface EngineOptions {
  readonly values: Readonly<Record<string, unknown>>
  readonly functions: Readonly<Record<string, Filter>>
  readonly filters: Readonly<Record<string, Filter>>
  /** Templates that others may include. */
  readonly files: readonly FileSource[]
}

export interface FileSource {
  readonly path: string
  readonly owner: string
  readonly text: string
}

interface Prepared extends Guarded {
  readonly place: Place
}

/** One that loads others: their templates must be there. */
const LOADS = /\{%[-+]?\s*(?:include|import|extends|from)\b/
const WHERE = / \(in (?<name>.+):(?<line>\d+)\)$/
const IN_INCLUDED = /^could not render include: error in "(?<name>.+)"$/
const NOT_FOUND = /^template not found: .*"(?<name>[^"]+)"/
const MAX_INCLUDES = 20
/** What made the engine itself fail. */
const TOO_LARGE = 'More memory or nesting than a template may use'

export class Engine {
  readonly problems = new Problems()
  readonly #options: EngineOptions
  readonly #environments: Level[] = []
  readonly #prepared = new Map<string, Prepared>()
  readonly #uses: (Use & { readonly place: Place })[] = []
  /** Templates that the engine cannot read, with their problems. */
  readonly #unreadable = new Map<string, () => void>()
  readonly #stack: Prepared[] = []
  #isBroken = false

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** After a fault of the engine, nothing that it says can be trusted. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Patches within patches, and values within values. */
  get depth(): number {
    return this.#stack.length
  }

  /** Gives back the memory of the engine, which is not collected. Nothing can be rendered afterwards. */
  dispose(): void {
    // What is broken cannot be freed: its process ends.
    if (!this.#isBroken) for (const { environment } of this.#environments) environment.free()
    this.#environments.length = 0
  }

  /** The rendered text; what is wrong goes to `problems`, and the text is then of no use. */
  renderFile(path: string): string {
    const { files } = this.#options
    const source = files.find((file) => file.path === path)
    if (source === undefined) {
      this.problems.add({ message: `There is no template '${path}'`, file: path })
      return ''
    }
    const place: Place = { kind: 'file', path, owner: source.owner }
    const text = this.#render(path, { place, text: source.text, loadsFiles: true })
    return source.text.endsWith('\n') && text !== '' ? `${text}\n` : text
  }

  /** @param name unique among names of the same engine */
  renderText(
    name: string,
    source: {
      readonly place: Place
      readonly text: string
      readonly values?: Readonly<Record<string, unknown>>
    },
  ): string {
    return this.#render(name, { ...source, loadsFiles: LOADS.test(source.text) })
  }

  #render(
    name: string,
    source: {
      readonly place: Place
      readonly text: string
      readonly loadsFiles: boolean
      readonly values?: Readonly<Record<string, unknown>>
    },
  ): string {
    const { place } = source
    if (this.#isBroken) return ''
    if (this.#stack.length > MAX_DEPTH) {
      this.problems.add(problemAt(place, `More than ${MAX_DEPTH} patches or values within each other`))
      return ''
    }
    const prepared = this.#prepare(name, source)
    const depth = this.#stack.length
    this.#stack.push(prepared)
    try {
      const level = this.#level(depth)
      if (source.loadsFiles) this.#addFiles(level)
      this.#add(level, name, prepared)
      const unreadable = this.#unreadable.get(name)
      if (unreadable !== undefined) {
        unreadable()
        return ''
      }
      const text = level.environment.renderTemplate(name, source.values ?? {})
      if (text.length <= MAX_TEXT_BYTES && Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text
      this.problems.add(problemAt(place, `More than ${MAX_TEXT_BYTES} bytes of output`))
    } catch (error) {
      this.#explain(error, { depth, name, includes: 0 })
    } finally {
      this.#stack.pop()
    }
    return ''
  }

  #prepare(name: string, { place, text }: { readonly place: Place; readonly text: string }): Prepared {
    let prepared = this.#prepared.get(name)
    if (prepared === undefined) {
      const lines = text.replaceAll(/\r\n?/g, '\n')
      // As Jinja by default, so that included texts and patches can be joined.
      const source = lines.endsWith('\n') ? lines.slice(0, -1) : lines
      const guarded = guard(source, (use) => this.#uses.push({ ...use, place }) - 1)
      prepared = { ...guarded, place }
      this.#prepared.set(name, prepared)
    }
    return prepared
  }

  #level(depth: number): Level {
    this.#environments[depth] ??= { environment: this.#newEnvironment(), added: new Set(), hasFiles: false }
    return this.#environments[depth]
  }

  #addFiles(level: Level): void {
    if (level.hasFiles) return
    level.hasFiles = true
    for (const { path, owner, text } of this.#options.files)
      this.#add(level, path, this.#prepare(path, { place: { kind: 'file', path, owner }, text }))
  }

  #add({ environment, added }: Level, name: string, { text, place }: Prepared): void {
    if (added.has(name) || this.#unreadable.has(name)) return
    added.add(name)
    try {
      environment.addTemplate(name, text)
    } catch (error) {
      const { said, line } = this.#noteFault(error) ? { said: TOO_LARGE } : read(error)
      this.#unreadable.set(name, () => this.problems.add(problemAt(place, sentence(said), line)))
    }
  }

  #newEnvironment(): Environment {
    const environment = new Environment()
    environment.undefinedBehavior = 'strict'
    environment.keepTrailingNewline = true
    // Its report would show the values of the line.
    environment.debug = false
    environment.enablePyCompat()
    environment.fuel = FUEL
    const { values, functions, filters } = this.#options
    for (const [name, value] of Object.entries(values)) environment.addGlobal(name, value)
    for (const [name, run] of Object.entries({ ...FILTERS, ...filters }))
      environment.addFilter(name, this.#callback(name, run, 1))
    for (const [name, run] of Object.entries(functions))
      environment.addGlobal(name, this.#callback(name, run, 0))
    environment.addGlobal(
      PRINT_FUNCTION,
      this.#callback(
        'print',
        ([value, use, isMissing]) => (isMissing === true ? this.#missing(Number(use)) : pythonText(value)),
        1,
      ),
    )
    environment.addGlobal(
      MISSING_FUNCTION,
      this.#callback('missing', ([use]) => this.#missing(Number(use)), 0),
    )
    return environment
  }

  /** @param least how many arguments come before one that can hold those with names */
  #callback(name: string, run: Filter, least: number): (...args: readonly unknown[]) => unknown {
    return (...args) => {
      try {
        const last = args.at(-1)
        const hasNamed = args.length > least && last instanceof Map
        return run(hasNamed ? args.slice(0, -1) : args, hasNamed ? last : new Map()) ?? ''
      } catch (error) {
        this.#noteFault(error)
        const at = this.#stack.at(-1)
        if (at !== undefined) {
          const said = error instanceof Error ? error.message : 'unknown error'
          this.problems.add(problemAt(at.place, said, lineOfUse(at.parts, name)))
        }
        return ''
      }
    }
  }

  #missing(number: number): string {
    const use = this.#uses[number]
    if (use !== undefined) this.problems.add(problemAt(use.place, `Missing value: ${use.name}`, use.line))
    return ''
  }

  /** Turns an error of the engine into a problem with the place that is at fault. */
  #explain(
    error: unknown,
    at: { readonly depth: number; readonly name: string; readonly includes: number },
  ): void {
    const { said, name = at.name, line } = read(error)
    const source = this.#prepared.get(name) ?? this.#prepared.get(at.name)
    if (source === undefined) throw error
    if (this.#noteFault(error)) {
      this.problems.add(problemAt(source.place, TOO_LARGE))
      return
    }
    // The engine knows only the line of the include: what is included alone, with the same values, tells its own.
    const included = IN_INCLUDED.exec(said)?.groups?.name
    if (included !== undefined && at.includes >= MAX_INCLUDES) {
      this.problems.add(
        problemAt(source.place, `More than ${MAX_INCLUDES} templates within each other`, line),
      )
      return
    }
    if (included !== undefined) {
      const before = this.problems.size
      try {
        this.#level(at.depth).environment.renderTemplate(included, {})
      } catch (inner) {
        this.#explain(inner, { ...at, name: included, includes: at.includes + 1 })
      }
      if (this.problems.size > before) return
    }
    const absent = NOT_FOUND.exec(said)?.groups?.name
    const unreadable = absent === undefined ? undefined : this.#unreadable.get(absent)
    if (unreadable !== undefined) return unreadable()
    if (said === 'undefined value' && line !== undefined) {
      const isKnown = (name: string) => Object.hasOwn(this.#options.values, name)
      const missing = missingName(source.parts, { line, isKnown })
      this.problems.add(
        problemAt(source.place, missing === undefined ? 'Missing value' : `Missing value: ${missing}`, line),
      )
      return
    }
    this.problems.add(problemAt(source.place, sentence(said), line))
  }

  /** Whether the engine itself has failed: it ran out of memory or stack, or panicked. */
  #noteFault(error: unknown): boolean {
    const isFault =
      error instanceof WebAssembly.RuntimeError ||
      error instanceof RangeError ||
      /unreachable|recursive use of an object|null pointer/.test(String(error))
    if (isFault) this.#isBroken = true
    return isFault
  }
}

interface Level {
  readonly environment: Environment
  readonly added: Set<string>
  hasFiles: boolean
}

function read(error: unknown): { said: string; name?: string; line?: number } {
  const message = error instanceof Error ? error.message : String(error)
  const [first = ''] = message.split('\n', 1)
  const { name, line } = WHERE.exec(first)?.groups ?? {}
  const said = first.replace(WHERE, '')
  return {
    said: said === 'engine ran out of fuel' ? 'more work than a template may do' : said,
    ...(name === undefined || line === undefined ? {} : { name, line: Number(line) }),
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
