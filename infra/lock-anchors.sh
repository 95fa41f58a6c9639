#!/usr/bin/env bash
# Makes the container `anchors` of an account immutable, for good: nobody can shorten or lift a locked policy. Does nothing where that
# is done. A template cannot do it: there a policy's state can only be read, and a locked one cannot be deployed over.
#
#   infra/lock-anchors.sh RESOURCE-GROUP STORAGE-ACCOUNT
set -euo pipefail

# As long as audit records are kept (24 months), and a month in which the last of them can still be verified.
days=762

policy() { az storage container immutability-policy "$1" --resource-group "$group" --account-name "$account" --container-name anchors "${@:2}"; }

group=$1 account=$2
if [ "$(policy show --query state --output tsv)" = Locked ]; then
  kept=$(policy show --query immutabilityPeriodSinceCreationInDays --output tsv)
  [ "$kept" -ge "$days" ] || { echo "anchors is locked for $kept days only, not $days: extend its policy"; exit 1; }
  echo "anchors is locked already"
  exit
fi
# Whatever else is found is no promise: where there is no policy, storage answers one of no days that is not locked.
policy create --period "$days" --output none
policy lock --if-match "$(policy show --query etag --output tsv)" --output none
echo "anchors is locked for $days days"
