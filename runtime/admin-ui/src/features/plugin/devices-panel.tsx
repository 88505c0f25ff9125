// The USB devices that the plugin may use: which are there, who has them open, and which it gets when it asks for one.

import { Badge, Group, Paper, Skeleton, Stack, Switch, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { PluginDevice } from '../../../../../sdk/api/plugin-devices.ts'
import type { Installation } from '../../../../../sdk/api/plugins.ts'
import { pluginDevicesQuery, putDevices } from '../../api/devices.ts'
import { showError } from '../../components/notify.ts'
import { Changeable } from '../../components/only.tsx'
import { t } from '../../languages/text.ts'

export function DevicesPanel({ plugin }: { readonly plugin: Installation }) {
  const query = pluginDevicesQuery(plugin.id)
  const { data, isPending } = useQuery(query)
  const client = useQueryClient()
  const choose = useMutation({
    mutationFn: (devices: readonly PluginDevice[]) => putDevices(plugin.id, devices.map(identityOf)),
    onSuccess: (page) => client.setQueryData(query.queryKey, page),
    onError: (error: Error) => showError(error),
  })
  const devices = data?.items ?? []
  const toggle = (device: PluginDevice): void => {
    const others = devices.filter((other) => other.isChosen && keyOf(other) !== keyOf(device))
    choose.mutate(device.isChosen ? others : [...others, device])
  }
  return (
    <Paper withBorder p="md">
      <Changeable permission="plugins.manage">
        <Stack gap="sm">
          <Title order={3} size="h5">
            {t('USB devices')}
          </Title>
          <Text size="sm" c="dimmed">
            {t(
              'When the plugin asks for a device, it gets the first of those that you choose here and that is plugged in. It sees all that its permission covers.',
            )}
          </Text>
          {isPending && <Skeleton h={40} />}
          {!isPending && devices.length === 0 && (
            <Text size="sm">{t('None is plugged in that the plugin may use.')}</Text>
          )}
          {devices.map((device) => (
            <Switch
              key={keyOf(device)}
              checked={device.isChosen}
              disabled={choose.isPending}
              onChange={() => toggle(device)}
              label={
                <Group gap="xs">
                  <span>{nameOf(device)}</span>
                  {!device.isConnected && (
                    <Badge color="gray" variant="light">
                      {t('not plugged in')}
                    </Badge>
                  )}
                  {device.holder !== null && (
                    <Badge variant="light">
                      {device.holder === plugin.id
                        ? t('in use')
                        : t('in use by {holder}', { holder: device.holder })}
                    </Badge>
                  )}
                </Group>
              }
              description={`${hex(device.vendorId)}:${hex(device.productId)}${
                device.serialNumber === null ? '' : `, serial number ${device.serialNumber}`
              }`}
            />
          ))}
        </Stack>
      </Changeable>
    </Paper>
  )
}

function identityOf({ vendorId, productId, serialNumber }: PluginDevice) {
  return { vendorId, productId, serialNumber }
}

function keyOf(device: PluginDevice): string {
  return JSON.stringify(identityOf(device))
}

function nameOf({ manufacturerName, productName }: PluginDevice): string {
  return [manufacturerName, productName].filter((name) => name !== null).join(' ') || t('Unnamed device')
}

function hex(number: number): string {
  return number.toString(16).padStart(4, '0')
}
