# The perceptron's output over the plane, its line z = 0 and the slide's point.
eval start(440, 340)
eval probability_palette
set xlabel "x_1"
set ylabel "x_2"
set cblabel "ŷ = g(z)" textcolor rgb dark
set xrange [-3:3]
set yrange [-3:3]
set title "ŷ = g(z),  z = 1 + 3 x_1 – 2 x_2"
set label 1 "z = 0" at -1.1,-0.7 right textcolor rgb dark front
set label 2 "(–1, 2)" at -0.8,2.2 left textcolor rgb dark front
set label 3 "ŷ = 0.002" at -0.8,1.75 left textcolor rgb dark front
set key off
plot file("plane.dat") with image, \
     (1 + 3 * x) / 2 with lines ls 7, \
     "+" using (-1):(2) every ::0::0 with points pt 7 ps 0.8 lc rgb red
