// What is plugged into the machine: volumes, which can be mounted and ejected, and USB devices. Live.

import { Badge, Button, Group, Paper, Progress, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Device } from '../../../../../sdk/api/devices.ts'
import type { Volume } from '../../../../../sdk/api/volumes.ts'
import {
  type DriveCommand,
  devicesQuery,
  driveCommand,
  MACHINE_KEY,
  volumesQuery,
} from '../../api/machine.ts'
import { useMay } from '../../app/session.ts'
import { DataTable } from '../../components/data-table.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { showError } from '../../components/notify.ts'
import { t } from '../../languages/text.ts'
import { bytes } from '../plugin/usage-rows.ts'

export function DevicesPage() {
  const volumes = useQuery(volumesQuery)
  const devices = useQuery(devicesQuery)
  return (
    <Stack gap="lg">
      <Title order={1} size="h2">
        {t('Devices and volumes')}
      </Title>
      <Stack component="section" gap="xs" aria-labelledby="volumes">
        <Title order={2} size="h4" id="volumes">
          {t('Volumes')}
        </Title>
        {volumes.isPending && <Skeleton h={80} radius="md" />}
        {volumes.isError && <LoadError error={volumes.error} />}
        {volumes.data?.length === 0 && (
          <Text c="dimmed">
            {t('No drive is plugged in, and the configuration names no folder that is offered like one.')}
          </Text>
        )}
        {volumes.data?.map((volume) => (
          <VolumeCard key={volume.id} volume={volume} />
        ))}
      </Stack>
      <Stack component="section" gap="xs" aria-labelledby="usb">
        <Title order={2} size="h4" id="usb">
          {t('USB devices')}
        </Title>
        {devices.isPending && <Skeleton h={80} radius="md" />}
        {devices.isError && <LoadError error={devices.error} />}
        {devices.data?.length === 0 && <Text c="dimmed">{t('No USB device is plugged in.')}</Text>}
        {devices.data !== undefined && devices.data.length > 0 && <Devices devices={devices.data} />}
      </Stack>
    </Stack>
  )
}

function VolumeCard({ volume }: { readonly volume: Volume }) {
  const { name, path, kind, filesystem, freeBytes, totalBytes, writable, problem } = volume
  const used = totalBytes > 0 ? ((totalBytes - freeBytes) / totalBytes) * 100 : 0
  return (
    <Paper withBorder p="sm" data-volume={volume.id}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text fw={600} dir="auto">
            {name}
          </Text>
          <Badge variant="light" tt="none" color={kind === 'folder' ? 'gray' : 'cyan'}>
            {kind === 'folder' ? t('Folder') : t('Removable')}
          </Badge>
          {!writable && problem === null && (
            <Badge variant="light" color="yellow" tt="none">
              {t('Read only')}
            </Badge>
          )}
        </Group>
        {kind === 'removable' && <DriveButtons volume={volume} />}
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {[path, filesystem].filter((fact) => fact !== null).join(' · ')}
      </Text>
      {problem === null ? (
        <>
          <Progress mt="xs" value={used} aria-label={t('How full "{name}" is', { name })} />
          <Text size="sm" mt={2}>
            {t('{free} free of {total}', { free: bytes(freeBytes), total: bytes(totalBytes) })}
          </Text>
        </>
      ) : (
        <Text size="sm" c="red">
          {problem.message}
        </Text>
      )}
    </Paper>
  )
}

const COMMANDS: readonly { readonly command: DriveCommand; readonly label: string }[] = [
  { command: 'mount', label: t('Mount') },
  { command: 'unmount', label: t('Unmount') },
  { command: 'eject', label: t('Eject') },
]

function DriveButtons({ volume: { id, name } }: { readonly volume: Volume }) {
  const may = useMay()
  const client = useQueryClient()
  const run = useMutation({
    mutationFn: (command: DriveCommand) => driveCommand(id, command),
    onError: showError,
    onSettled: () => client.invalidateQueries({ queryKey: MACHINE_KEY }),
  })
  if (!may('volumes.manage')) return null
  return (
    <Group gap="xs">
      {COMMANDS.map(({ command, label }) => (
        <Button
          key={command}
          size="compact-sm"
          variant="default"
          aria-label={`${label} "${name}"`}
          loading={run.isPending && run.variables === command}
          onClick={() => run.mutate(command)}
        >
          {label}
        </Button>
      ))}
    </Group>
  )
}

function Devices({ devices }: { readonly devices: readonly Device[] }) {
  return (
    <DataTable minWidth={420} columns={[t('Device'), t('Vendor and product'), t('Serial number')]}>
      {devices.map((device) => (
        <Table.Tr key={device.key}>
          <Table.Td>
            <bdi>
              {[device.manufacturerName, device.productName].filter((name) => name !== null).join(' ') ||
                t('Unnamed device')}
            </bdi>
          </Table.Td>
          <Table.Td>
            {hex(device.vendorId)}:{hex(device.productId)}
          </Table.Td>
          <Table.Td>{device.serialNumber ?? '–'}</Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  )
}

function hex(number: number): string {
  return number.toString(16).padStart(4, '0')
}
