// All extension points of a runtime: its own and those of its host, found by kind and name.
// Invariant: it never changes; points that plugins declare are worked out from what serves.

import type { DeclaredCall } from '../../sdk/host/calls.ts'
import type { DeclaredContext } from '../../sdk/host/contexts.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { EventPoint } from '../../sdk/host/events.ts'
import type { HookPoint } from '../../sdk/host/hooks.ts'
import type { MenuPoint } from '../../sdk/host/menus.ts'
import { POINT_KIND_NAMES, type PointKind } from '../../sdk/host/point-kinds.ts'
import type { SlotPoint } from '../../sdk/host/slots.ts'
import { RUNTIME_POINTS, type RuntimeCalls, runtimeCalls } from './runtime-points.ts'

export interface PointTypes {
  readonly menus: MenuPoint
  readonly slots: SlotPoint
  readonly hooks: HookPoint
  readonly events: EventPoint
  readonly contexts: DeclaredContext
  readonly calls: DeclaredCall
}

export interface Point<Kind extends PointKind = PointKind> {
  readonly kind: Kind
  readonly name: string
  readonly source: 'runtime' | 'host'
  /** Id of the host. */
  readonly owner: string
  readonly point: PointTypes[Kind]
}

export class Points {
  readonly host: HostDeclaration
  readonly #byKind: ReadonlyMap<PointKind, ReadonlyMap<string, Point>>

  /** @param calls what the functions of the runtime do; without them they can only be listed */
  constructor(host: HostDeclaration, calls: RuntimeCalls | undefined = undefined) {
    this.host = host
    const own = calls === undefined ? RUNTIME_POINTS : { ...RUNTIME_POINTS, calls: runtimeCalls(calls) }
    this.#byKind = new Map(
      POINT_KIND_NAMES.map((kind) => [
        kind,
        new Map([...pointsOf(own, kind, 'runtime'), ...pointsOf(host, kind, 'host')]),
      ]),
    )
  }

  find<Kind extends PointKind>(kind: Kind, name: string): Point<Kind> | undefined {
    // Points are kept under their own kind.
    return this.#byKind.get(kind)?.get(name) as Point<Kind> | undefined
  }

  /** All of a kind, or of all kinds. */
  list(kind?: PointKind): readonly Point[] {
    const kinds = kind === undefined ? POINT_KIND_NAMES : [kind]
    return kinds.flatMap((each) => [...(this.#byKind.get(each)?.values() ?? [])])
  }

  /** The points that have the name, of any kind. */
  named(name: string): readonly Point[] {
    return POINT_KIND_NAMES.flatMap((kind) => this.find(kind, name) ?? [])
  }
}

function pointsOf(
  host: HostDeclaration,
  kind: PointKind,
  source: Point['source'],
): readonly (readonly [string, Point])[] {
  const declared: Readonly<Record<string, Point['point']>> = host[kind] ?? {}
  return Object.entries(declared).map(([name, point]) => [
    name,
    { kind, name, source, owner: host.id, point },
  ])
}
