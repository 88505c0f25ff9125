// What came of each scenario, as a table at the end of a suite.
// Invariant: a scenario that failed is a row too.

import type { TestContext } from 'node:test'

interface Row {
  readonly scenario: string
  readonly outcome: string
  readonly lost: string
}

/** What a scenario says: its outcome in a few words, and what could not be read back of what had been acknowledged. */
export interface Outcome {
  readonly outcome: string
  readonly lost: readonly string[]
}

export class ScenarioTable {
  readonly #rows: Row[] = []

  async run(t: TestContext, scenario: string, work: () => Promise<Outcome>): Promise<void> {
    await t.test(scenario, async () => {
      try {
        const { outcome, lost } = await work()
        this.#rows.push({ scenario, outcome, lost: lost.join(', ') || 'none' })
        if (lost.length > 0) throw new Error(`Lost: ${lost.join(', ')}`)
      } catch (error) {
        const [message] = String(error).split('\n')
        if (this.#rows.at(-1)?.scenario !== scenario)
          this.#rows.push({ scenario, outcome: `FAILED: ${message}`, lost: 'not known' })
        throw error
      }
    })
  }

  print(note = ''): void {
    const lines = [
      ...[note, '', '| scenario | outcome | data lost |', '|---|---|---|'],
      ...this.#rows.map(({ scenario, outcome, lost }) => `| ${scenario} | ${outcome} | ${lost} |`),
    ]
    process.stdout.write(`\n${lines.join('\n')}\n\n`)
  }
}
