// The plugin in the machine that keeps files on drives (guest/drives.ts), as seen from the test: what it was asked to do, and which
// of its files must therefore be there.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Volume as AdminVolume } from '../../sdk/api/volumes.ts'
import type { Volume } from '../../sdk/plugin-api/volumes.ts'
import type { Booted } from './boot.ts'
import type { Stick } from './sticks.ts'

interface Answer {
  readonly error?: string
  readonly message?: string
}

interface Content {
  /** Of the pattern. */
  readonly seed: number
  readonly pieces: number
}

interface Known {
  id: string
  at: string
  /** What was acknowledged, by name. */
  readonly files: Map<string, Content>
}

/** Far less than any file has: the work is surely under way then, and far from its end. */
const UNDER_WAY = 3
/** Between two pieces. */
const PAUSE_MS = 100
const PIECE_BYTES = 65_536
/** Each takes a twentieth of a second and more. */
const LOOKS = 400

export class Keeper {
  readonly #guest: Booted
  readonly #sticks = new Map<Stick, Known>()
  #seed = 0

  constructor(guest: Booted) {
    this.#guest = guest
  }

  /** Plugs it in and has it mounted. Returns the id of the volume. */
  async insert(stick: Stick, { at = this.placeOf(stick), readOnly = false } = {}): Promise<string> {
    const before = await this.ids()
    await stick.plug(this.#guest, { readOnly })
    const { serial, filesystem } = stick
    await this.#guest.ask('mount', { serial, at, filesystem, readOnly })
    const id = await this.#until(async () => (await this.ids()).find((each) => !before.includes(each)))
    const known = this.#sticks.get(stick) ?? { id, at, files: new Map() }
    this.#sticks.set(stick, Object.assign(known, { id, at }))
    return id
  }

  /** The id of the only volume that has this problem, as soon as there is one. */
  async waiting(problem: string): Promise<string> {
    return await this.#until(async () => {
      const { items } = await this.#guest.ask<{ readonly items: readonly AdminVolume[] }>('volumes')
      return items.find((volume) => volume.problem?.code === problem)?.id
    })
  }

  /** What was mounted by others. */
  meet(stick: Stick, id: string): void {
    Object.assign(this.#of(stick), { id })
  }

  /** Unmounts it first, as it should be. */
  async takeOut(stick: Stick): Promise<void> {
    await this.takeAway(stick)
    await stick.pull(this.#guest)
  }

  /** Unmounts what may have been pulled out already. */
  async takeAway(stick: Stick): Promise<void> {
    await this.#guest.ask('unmount', { at: this.#of(stick).at })
  }

  placeOf(stick: Stick): string {
    return this.#sticks.get(stick)?.at ?? `/run/${stick.serial}`
  }

  async list(): Promise<readonly Volume[]> {
    return await this.#ask<readonly Volume[]>({ step: 'list' })
  }

  async ids(): Promise<readonly string[]> {
    return (await this.list()).map(({ id }) => id)
  }

  async told(): Promise<readonly (readonly string[])[]> {
    return await this.#ask({ step: 'told' })
  }

  async names(stick: Stick): Promise<readonly string[]> {
    return await this.#ask({ step: 'names', volume: this.#of(stick).id })
  }

  async eject(stick: Stick): Promise<Answer> {
    return (await this.#ask<Answer | null>({ step: 'eject', volume: this.#of(stick).id })) ?? {}
  }

  async write(stick: Stick, name: string, pieces: number): Promise<void> {
    const answer = await this.tryToWrite(stick, name, pieces)
    assert.equal(answer.error, undefined, JSON.stringify(answer))
  }

  async tryToWrite(stick: Stick, name: string, pieces: number): Promise<Answer> {
    const content = { seed: ++this.#seed, pieces }
    const args = { step: 'write', volume: this.#of(stick).id, name, ...content }
    return this.#noted(stick, name, content, await this.#ask<Answer>(args))
  }

  /** Returns, when it is under way, what waits for its end. */
  async startToWrite(stick: Stick, name: string, pieces: number): Promise<() => Promise<Answer>> {
    const content = { seed: ++this.#seed, pieces }
    const volume = this.#of(stick).id
    const key = stick.serial
    await this.#guest.ask('start', { key, step: 'write', volume, name, ...content, pause: PAUSE_MS })
    await this.#until(
      async () => (await this.#ask<number>({ step: 'progress', volume })) >= UNDER_WAY || undefined,
    )
    return async () =>
      this.#noted(stick, name, content, (await this.#guest.ask<Answer | null>('finish', { key })) ?? {})
  }

  /** By the handle that it had before. */
  async readAgain(stick: Stick, name: string): Promise<Answer> {
    return await this.#ask({ step: 'read', volume: this.#of(stick).id, name, again: true })
  }

  /** The files that were acknowledged and cannot be read back as they were written. */
  async lost(stick: Stick): Promise<string[]> {
    const { id, files } = this.#of(stick)
    const lost: string[] = []
    for (const [name, content] of files) {
      const read = await this.#ask<Answer & { readonly hash?: string }>({ step: 'read', volume: id, name })
      if (read.hash !== hashOf(content)) lost.push(`${stick.serial}/${name} (${JSON.stringify(read)})`)
    }
    return lost
  }

  #noted(stick: Stick, name: string, content: Content, answer: Answer): Answer {
    if (answer.error === undefined) this.#of(stick).files.set(name, content)
    return answer
  }

  #of(stick: Stick): Known {
    const known = this.#sticks.get(stick)
    assert.ok(known !== undefined, 'The stick was never plugged in')
    return known
  }

  async #ask<T>(args: Readonly<Record<string, unknown>>): Promise<T> {
    return await this.#guest.ask<T>('keeper', args)
  }

  async #until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < LOOKS; i++) {
      const found = await look()
      if (found !== undefined) return found
      await delay(50)
    }
    throw new Error('It did not come')
  }
}

function hashOf({ seed, pieces }: Content): string {
  const hash = createHash('sha256')
  for (let index = 0; index < pieces; index++) hash.update(new Uint8Array(PIECE_BYTES).fill(seed + index))
  return hash.digest('hex')
}
