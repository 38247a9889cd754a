#!/usr/bin/env bash
# The built products -> an installed tree: install.sh install|uninstall|list BUILD PREFIX VERSION, with DESTDIR in the environment.
#
# hotline finds libhotline.so in ../lib of its own folder, so bin and lib stay siblings. Which folders were made by the installation is
# written down beside the documentation: uninstall removes these and no other, however empty (/usr/local/include is, on many machines).
set -euo pipefail
action=$1 build=$2 prefix=${3%/} version=$4
case $prefix in
  '' | /*) ;;
  *) echo "PREFIX=$prefix: give an absolute path" >&2; exit 2 ;;
esac
root=${DESTDIR:-}$prefix
here=$(dirname "$0")
made=share/doc/hotline/folders

# mode, file in the tree, its source
files() {
  cat <<END
755 bin/hotline $build/hotline
755 bin/image-service $build/image-service
644 lib/libhotline.so $build/libhotline.so
644 lib/libhotline_wait.so $build/libhotline_wait.so
644 lib/pkgconfig/hotline.pc -
644 include/hotline.h profiler/hotline.h
644 share/man/man1/hotline.1 $here/hotline.1
644 share/man/man1/image-service.1 $here/image-service.1
644 share/bash-completion/completions/hotline $here/hotline.bash
644 share/doc/hotline/README.md README.md
644 share/doc/hotline/LICENSE LICENSE
END
}

# Make a folder and those above it, and remember the new ones, the innermost first.
make_folder() {
  local folder=$1 new=()
  while [ ! -d "$folder" ]; do
    new+=("$folder")
    folder=$(dirname "$folder")
  done
  [ ${#new[@]} -eq 0 ] && return
  install -d -m 755 "${new[0]}"
  for folder in "${new[@]}"; do folders="${folder#"${DESTDIR:-}"}"$'\n'$folders; done
}

do_install() {
  folders=$(cat "$root/$made" 2>/dev/null || true)$'\n'
  local mode name source
  while read -r mode name source; do
    make_folder "$(dirname "$root/$name")"
    if [ "$source" = - ]; then
      source=$build/hotline.pc
      sed "s|@PREFIX@|$prefix|; s|@VERSION@|$version|" "$here/hotline.pc.in" > "$source"
    fi
    install -m "$mode" "$source" "$root/$name"
  done < <(files)
  sort -ru <<< "$folders" | sed '/^$/d' > "$root/$made"
  chmod 644 "$root/$made"
  echo "installed in ${root:-/}: try $prefix/bin/hotline --help"
}

do_uninstall() {
  local folders mode name source folder
  folders=$(cat "$root/$made" 2>/dev/null || true)
  while read -r mode name source; do rm -f "$root/$name"; done < <(files)
  rm -f "$root/$made"
  while read -r folder; do # sorted: what is inside comes before what holds it
    [ -z "$folder" ] || rmdir "${DESTDIR:-}$folder" 2>/dev/null || true
  done <<< "$folders"
}

case $action in
  install) do_install ;;
  uninstall) do_uninstall ;;
  list) files | while read -r mode name source; do echo "$name"; done; echo "$made" ;;
  *) echo "install.sh: $action?" >&2; exit 2 ;;
esac
