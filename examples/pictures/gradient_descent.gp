# The loss surface J(w0, w1) as a map of its levels, and three paths down.
eval start(480, 400)
set xlabel "w_0"
set ylabel "w_1"
set cblabel "log_{10} J" textcolor rgb dark
set xrange [-5:5]
set yrange [-5:5]
set palette defined (0 "#f7fbff", 0.5 "#b9d3ea", 1 "#5d8dbd") maxcolors 24
colours = "#c0392b #1a8a4a #7b3fa0"
set key bottom left reverse Left
plot file("surface.dat") using 1:2:(log10($3)) with image notitle, \
     for [k = 0:2] file("path.dat") index k using 1:2 with lines lw 1.4 \
         lc rgb word(colours, k + 1) title sprintf("draw %d", k + 1), \
     for [k = 0:2] "" index k every ::0::30 using 1:2 with points pt 7 ps 0.35 \
         lc rgb word(colours, k + 1) notitle, \
     for [k = 0:2] "" index k every ::0::0 using 1:2 with points pt 7 ps 0.9 \
         lc rgb word(colours, k + 1) notitle
