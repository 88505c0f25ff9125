// The processes of the server, with what each of them uses now.

import { Anchor, Table } from '@mantine/core'
import { useRef } from 'react'
import type { Server, ServerProcess } from '../../../../../sdk/api/server.ts'
import { pluginHref } from '../../app/addresses.ts'
import { DataTable } from '../../components/data-table.tsx'
import { number, t } from '../../languages/text.ts'
import { bytes } from '../plugin/usage-rows.ts'

const KINDS: Readonly<Record<ServerProcess['kind'], string>> = {
  runtime: t('The server itself'),
  sandbox: t('Plugins'),
  data: t('Data of plugins'),
  files: t('Files of plugins'),
  usb: t('USB devices'),
  package: t('Packages'),
  compression: t('Compression'),
  'source-map': t('Source maps'),
  template: t('Templates'),
}

export function ProcessTable({ server }: { readonly server: Server }) {
  const shareOf = useCpuShares(server)
  return (
    <DataTable
      minWidth={460}
      columns={[
        t('Process'),
        t('Runs'),
        { title: t('Memory'), end: true },
        { title: t('CPU now'), end: true },
        { title: t('CPU time'), end: true },
      ]}
    >
      {server.processes.map((process) => (
        <Table.Tr key={process.pid} data-process={process.kind}>
          <Table.Td>{process.pid}</Table.Td>
          <Table.Td>
            {wordsOf(process)}
            {process.plugins.map((id) => (
              <Anchor key={id} href={pluginHref(id)} size="sm" ms={6} underline="always">
                {id}
              </Anchor>
            ))}
          </Table.Td>
          <Table.Td ta="end" style={{ whiteSpace: 'nowrap' }}>
            {process.memoryBytes > 0 ? bytes(process.memoryBytes) : '–'}
          </Table.Td>
          <Table.Td ta="end">{percent(shareOf(process))}</Table.Td>
          <Table.Td ta="end">
            {process.cpuMs === null ? '–' : t('{value} s', { value: number(process.cpuMs / 1000) })}
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}

function wordsOf({ kind, plugins }: ServerProcess): string {
  return kind === 'sandbox' && plugins.length === 0 ? t('Waits for a plugin') : KINDS[kind]
}

function percent(share: number | null): string {
  return share === null ? '–' : t('{value} %', { value: number(share * 100) })
}

/** Of one core, between the last two reports; null for a process that the one before did not have. */
function useCpuShares(server: Server): (process: ServerProcess) => number | null {
  const reports = useRef<{ readonly before: Server | null; readonly now: Server }>({
    before: null,
    now: server,
  })
  if (reports.current.now.time !== server.time) reports.current = { before: reports.current.now, now: server }
  const { before } = reports.current
  return ({ pid, cpuMs }) => {
    const last = before?.processes.find((each) => each.pid === pid)?.cpuMs
    if (before === null || cpuMs === null || last === undefined || last === null) return null
    return Math.max(0, cpuMs - last) / (Date.parse(server.time) - Date.parse(before.time))
  }
}
