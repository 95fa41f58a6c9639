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
case $(policy show --query state --output tsv) in
  Locked)
    echo "anchors is locked already"
    exit
    ;;
  Unlocked) ;;
  *) policy create --period "$days" --output none ;;
esac
policy lock --if-match "$(policy show --query etag --output tsv)" --output none
echo "anchors is locked for $days days"
