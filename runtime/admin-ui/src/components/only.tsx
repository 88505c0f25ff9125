// What is offered only to who has a permission.

import type { ReactNode } from 'react'
import { useMay } from '../app/session.ts'

export interface OnlyProps {
  /** For example "plugins.manage". */
  readonly permission: string
  readonly children: ReactNode
}

export function Only({ permission, children }: OnlyProps) {
  return useMay()(permission) ? children : null
}

/** A form that others may read: none of its fields and buttons can be used. */
export function Changeable({ permission, children }: OnlyProps) {
  const may = useMay()
  return (
    <fieldset className="changeable" disabled={!may(permission)}>
      {children}
    </fieldset>
  )
}
