// What a public program is to the tests: the packages it is made of, and what its plugin has to do.

import type { ClientInit } from '../support/runtime.ts'

export interface Program {
  /** Names of the packages in node_modules that the backend imports, the one it is about first. */
  readonly packages: readonly string[]
  /** Also run unbundled, with these packages as npm installs them below backend/node_modules. */
  readonly carried?: readonly string[]
  /** The backend has migrations beside its code. */
  readonly migrations?: true
  /** More of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** By what each one shows. */
  readonly checks: Readonly<Record<string, (client: ProgramClient) => Promise<void>>>
}

export interface ProgramClient {
  /** A request to the plugin; `path` begins with "/". */
  fetch(path: string, init?: ClientInit): Promise<Response>
  /** An EventSource on the plugin, closed when the check ends; `types` are heard beside "message". */
  events(path: string, types?: readonly string[]): EventReader
  /** Resolves when the plugin has logged such a line. */
  logged(pattern: RegExp): Promise<void>
}

export interface EventReader {
  next(): Promise<ServerEvent>
  close(): void
}

export interface ServerEvent {
  readonly type: string
  readonly data: string
  readonly id: string
}
