// What the manifest of a plugin says, as types, so that the compiler knows what env has. plugbay-env.d.ts fills them in.
// Invariant: without that file, every member is there, and any name compiles.

/** What the manifest says. `plugbay create`, `dev`, `check` and `types` write it. */
export interface ManifestValues {}

/**
 * In the place of a member that manifest.json does not ask for; at run time the member is undefined. Add the field to manifest.json, and
 * let an administrator grant it.
 */
export interface NotInManifest<Field extends string> {
  readonly missingInManifest: Field
}

/** What the manifest says in one field; `Else` without plugbay-env.d.ts. */
export type ManifestField<Name extends string, Else> =
  ManifestValues extends Readonly<Record<Name, infer Value>> ? Value : Else

type AskedPermissions = ManifestField<'permissions', Record<string, unknown>>

/** The permissions that the manifest asks for. */
export type AskedPermission = keyof AskedPermissions & string

/** A member that needs a permission. */
export type Needs<Permission extends string, Member> = Permission extends AskedPermission
  ? Member
  : NotInManifest<`permissions.${Permission}`>

/** The names that the manifest lists in a permission. */
export type AskedNames<Permission extends string> =
  AskedPermissions extends Readonly<Record<Permission, infer Names extends string>> ? Names : string
