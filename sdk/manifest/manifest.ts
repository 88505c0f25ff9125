// The type of a manifest.
import type { Permissions } from '../protocol/permissions.ts'
export interface Manifest { readonly id: string; readonly version: string; readonly permissions?: Permissions }
