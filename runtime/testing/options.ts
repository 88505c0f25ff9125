// What a test says of the plugin that it starts.

import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { GivenConfig } from '../config/config.ts'
import type { CassetteOptions } from './cassette.ts'
import type { FetchMock } from './network.ts'
import type { TestVisitor } from './visitor.ts'

/** `user` and `language` are of all requests that name no other; by default an anonymous visitor. */
export interface StartOptions extends TestVisitor {
  /** Values of the plugin's settings, secrets too. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** The grants; by default everything that the manifest requests. */
  readonly grants?: Permissions
  /** Answers the requests of fetch(); "network" lets them through. By default, and without a cassette, they fail. */
  readonly fetch?: FetchMock | 'network'
  readonly cassette?: CassetteOptions
  /** Caps of the operator, such as `{ kvBytes: 1000 }`, to provoke what happens beyond them: docs/configuration.md. */
  readonly limits?: NonNullable<GivenConfig['limits']>
  /** Of the host; the first is its default. ["en"] by default. */
  readonly languages?: readonly string[]
  /** The time at the start: of background tasks, of the backend and of its data; that of the machine by default. */
  readonly now?: Date | string
}
