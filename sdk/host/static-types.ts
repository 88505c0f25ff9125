// The types that a declaration gives to the calls of its application: names of points, and their values.

import type { HostDeclaration } from './declaration.ts'
import type { ValueOf } from './json-schema.ts'
import type { PointKind } from './point-kinds.ts'

type PointsIn<Host extends HostDeclaration, Kind extends PointKind> =
  NonNullable<Host[Kind]> extends infer Points extends object ? Points : never

/** The names of all points of a kind; `string` while the declaration is not known. */
export type PointName<Host extends HostDeclaration, Kind extends PointKind> = keyof PointsIn<Host, Kind> &
  string

type FieldOf<Points, Name extends keyof Points, Field extends string> =
  Points[Name] extends Readonly<Record<Field, infer Schema>> ? ValueOf<Schema> : unknown

export type HookName<Host extends HostDeclaration> = PointName<Host, 'hooks'>
/** The value of a hook. */
export type HookValue<Host extends HostDeclaration, Name extends HookName<Host>> = FieldOf<
  PointsIn<Host, 'hooks'>,
  Name,
  'value'
>

type SettingsIn<Host extends HostDeclaration> =
  NonNullable<Host['settings']> extends { readonly properties: infer Properties extends object }
    ? Properties
    : Record<never, never>

/** The values of the application's settings; undefined where neither the declaration nor the operator gives one. */
export type HostSettingValues<Host extends HostDeclaration> = {
  readonly [Key in keyof SettingsIn<Host>]: SettingsIn<Host>[Key] extends { readonly default: unknown }
    ? ValueOf<SettingsIn<Host>[Key]>
    : ValueOf<SettingsIn<Host>[Key]> | undefined
}

export type MenuName<Host extends HostDeclaration> = PointName<Host, 'menus'>
/** The parameters of a menu. */
export type MenuParams<Host extends HostDeclaration, Name extends MenuName<Host>> = FieldOf<
  PointsIn<Host, 'menus'>,
  Name,
  'params'
>

export type SlotName<Host extends HostDeclaration> = PointName<Host, 'slots'>

export type EventName<Host extends HostDeclaration> = PointName<Host, 'events'>
/** The data of an event. */
export type EventData<Host extends HostDeclaration, Name extends EventName<Host>> = FieldOf<
  PointsIn<Host, 'events'>,
  Name,
  'data'
>
