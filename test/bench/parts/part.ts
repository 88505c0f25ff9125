// What every part of the benchmark gets and gives.

import type { Figure } from '../figures/figure.ts'
import type { Table } from '../figures/table.ts'
import type { Load } from '../load/load.ts'
import type { Checkout } from '../plugbay/checkout.ts'

export interface PartOptions {
  /** This checkout first. */
  readonly checkouts: readonly Checkout[]
  readonly load: Load
  readonly rounds: number
  /** Of load, in each round. */
  readonly seconds: number
  /** That a backup has to do. */
  readonly megabytes: number
}

export interface Part {
  readonly tables: Readonly<Record<string, Table>>
  readonly figures: readonly Figure[]
}
