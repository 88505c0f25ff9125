// One fact of a DataList: what it is, and its value, in the direction of its own text.

import { DataList } from '@mantine/core'
import type { ReactNode } from 'react'

export function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue dir="auto" style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
        {children}
      </DataList.ItemValue>
    </DataList.Item>
  )
}
